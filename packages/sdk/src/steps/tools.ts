import { toolCheckpoint, type AgentResponse } from "@nofx/core/contract";
import { NofxApiError, ToolOutcomeUnknownError, ToolRefusedError } from "../errors/index.ts";
import { toJson } from "../schema/index.ts";
import type { Stored, ToolOptions, Tools, ToolUse, UseOptions } from "../tasks/index.ts";
import { identityOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { UsedNames } from "./names.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";

type Args = Record<string, unknown>;
type Begun = AgentResponse<"toolBegin">;

interface Asked {
  readonly tool: string;
  readonly name: string;
  readonly args: Args;
  readonly options: UseOptions;
}

/** A tool may change between a yes and its use, and then people are asked again; not for ever. */
const MAX_ASKED = 5;
const MAX_TRIES = 50;

/** `ctx.requireApproval` and `ctx.tool` */
export function createTools(calls: StepCalls, lease: Lease, log: LogBuffer, stages: Stages): Tools {
  const stored = new Map(calls.step.checkpoints.map(({ name, value }) => [name, value]));
  const names = new UsedNames("Tool use");

  function nameOf(tool: string, { name = tool, key }: UseOptions): string {
    const identity = identityOf(name, key);
    names.use(identity);
    return identity;
  }

  function begin({ tool, name, args, options: { target } }: Asked): Promise<Begun> {
    lease.signal.throwIfAborted();
    const body = { name, arguments: args, ...(target === undefined ? {} : { target }) };
    return calls.call("toolBegin", body, { params: { tool } });
  }

  /** People's answer: the arguments that they said yes to. */
  async function ask({ tool, name, args, options }: Asked): Promise<Args> {
    // The lease may end with the answer, and with it the right to store lines.
    await log.flush();
    const { question, target, expiresInSeconds } = options;
    const answer = await calls.call("approval", {
      name,
      tool,
      question: question ?? `May ${tool} be used exactly as shown?`,
      details: args,
      ...(target === undefined ? {} : { target }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    });
    switch (answer.status) {
      case "pending":
        throw lease.suspend(`the approval of ${tool}`);
      case "approved":
      case "superseded":
        return args;
      case "modified":
        return answer.arguments;
      case "rejected":
      case "expired":
        throw new ToolRefusedError(tool, answer.status, answer.reason);
    }
  }

  /** Begins the use, asking until what was approved is what begins. */
  async function approved(asked: Asked): Promise<{ begun: Begun; args: Args }> {
    let args = asked.args;
    for (let times = 0; ; times++) {
      try {
        const begun = await begin({ ...asked, args });
        return { begun, args: begun.arguments ?? args };
      } catch (error) {
        if (!needsApproval(error) || times >= MAX_ASKED) throw error;
        args = await ask(asked);
      }
    }
  }

  function useOf<A extends Args>(asked: Asked, args: Args): ToolUse<A> {
    const { tool, name } = asked;
    return {
      done: false,
      result: null,
      arguments: args as A,
      async succeeded(result) {
        const json = toJson(result, `The result of ${tool}`);
        await calls.call(
          "toolEnd",
          { name, status: "succeeded", result: json },
          { params: { tool } },
        );
        stored.set(toolCheckpoint(name), json);
        return json as Stored<typeof result>;
      },
      async failed(errorCode = "tool_failed") {
        await calls.call("toolEnd", { name, status: "failed", errorCode }, { params: { tool } });
      },
    };
  }

  /** The first use of this name that can begin: one that failed before is followed by another. */
  async function acquire<A extends Args, R>(
    first: Asked,
    options: ToolOptions<A, R>,
  ): Promise<{ use: ToolUse<A> } | { result: Stored<R> }> {
    for (let n = 1; n <= MAX_TRIES; n++) {
      const asked = n === 1 ? first : { ...first, name: `${first.name} again ${n}` };
      const known = stored.get(toolCheckpoint(asked.name));
      if (stored.has(toolCheckpoint(asked.name))) return { result: known as Stored<R> };
      const { begun, args } = await approved(asked);
      const use = useOf<A>(asked, args);
      if (begun.status === "intended") return { use };
      if (begun.status !== "unknown") continue;
      if (options.reconcile === undefined) throw new ToolOutcomeUnknownError(asked.tool);
      const outcome = await options.reconcile(use.arguments);
      if (outcome.done) return { result: await use.succeeded(outcome.result) };
      await use.failed("not_done");
    }
    throw new ToolOutcomeUnknownError(first.tool);
  }

  function askedOf(tool: string, args: Args, options: UseOptions): Asked {
    const json = toJson(args, `arguments of ${tool}`) as Args;
    return { tool, name: nameOf(tool, options), args: json, options };
  }

  return {
    async requireApproval<A extends Args>(tool: string, args: A, options: UseOptions = {}) {
      const got = await stages.within("tool", tool, () =>
        acquire<A, unknown>(askedOf(tool, args, options), options),
      );
      if ("use" in got) return got.use;
      const { result } = got;
      return {
        done: true,
        result,
        arguments: args,
        succeeded: async () => result as never,
        failed: async () => {},
      };
    },
    async tool<A extends Args, R>(
      tool: string,
      args: A,
      run: (args: A) => R | Promise<R>,
      options: ToolOptions<A, R> = {},
    ) {
      return stages.within("tool", tool, async () => {
        const got = await acquire(askedOf(tool, args, options), options);
        if ("result" in got) return got.result;
        let result: R;
        try {
          result = await run(got.use.arguments);
        } catch (error) {
          // an abort says nothing about how far it came: the next attempt finds the intent, and asks
          if (!lease.signal.aborted) await got.use.failed();
          throw error;
        }
        return got.use.succeeded(result);
      });
    },
  };
}

function needsApproval(error: unknown): boolean {
  return NofxApiError.is(error) && error.code === "approval_required";
}
