import {
  MAX_SPAWN,
  STEP_ERROR_CLASS,
  StepErrorCode,
  type AgentRequest,
  type EndedChild,
  type SpawnedChild,
} from "@nofx/core/contract";
import type { FailureClass, FailureStage, StepFailure } from "../errors/index.ts";
import { toJson } from "../schema/index.ts";
import type {
  AnyTask,
  ChildHandle,
  ChildResult,
  SpawnOptions,
  TaskContext,
} from "../tasks/index.ts";
import { checkInput } from "./checkpoints.ts";
import { childNameOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import { UsedNames } from "./names.ts";
import { sha256Hex } from "./sha256.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";
import type { Waits } from "./waits.ts";

type ChildRequest = AgentRequest<"spawn">["children"][number];

const TASK_SECONDS = 3_600;
const MAX_NAME = 150;

/** `ctx.spawn` and `ctx.join`. */
export function createChildren(
  calls: StepCalls,
  lease: Lease,
  waits: Waits,
  stages: Stages,
): Pick<TaskContext, "spawn" | "join"> {
  const names = new UsedNames("Child");
  const joined = new Map<string, Promise<ChildResult[]>>();
  const add = inOneCall((children) => calls.call("spawn", { children }));

  async function spawn(
    name: string,
    task: AnyTask | string,
    input: unknown,
    options: SpawnOptions,
  ): Promise<ChildHandle> {
    names.use(name);
    lease.signal.throwIfAborted();
    await checkInput(task, input);
    const capability = typeof task === "string" ? task : task.capability;
    const { key: _, timeoutSeconds = TASK_SECONDS, ...rest } = options;
    const json = toJson(input, `input of child "${name}"`) as Record<string, unknown>;
    const child = await add({
      ...rest,
      name,
      kind: "agent",
      with: { capability, input: json, timeoutSeconds },
    });
    return Object.freeze({ ...child, capability });
  }

  /** How these ended, in their order; all children of the step without any. */
  async function wait(children: readonly string[] | undefined): Promise<ChildResult[]> {
    const name = await waitName(children);
    let ended = joined.get(name);
    if (ended === undefined) {
      ended = stages.within("child", name, async () => {
        const met = await waits.ask(name, [
          { option: "ended", children: children === undefined ? true : [...children] },
        ]);
        return met.kind === "children" ? met.payload.map(resultOf) : [];
      });
      joined.set(name, ended);
    }
    return ended;
  }

  async function join(what: ChildHandle | readonly ChildHandle[] | undefined): Promise<unknown> {
    if (what === undefined) return wait(undefined);
    const list: readonly ChildHandle[] = "name" in what ? [what] : what;
    const asked = [...new Set(list.map(({ name }) => name))];
    const ended = asked.length === 0 ? [] : await wait(asked);
    const byName = new Map(ended.map((result) => [result.name, result]));
    const results = list.map(({ name, stepId }) => byName.get(name) ?? gone(name, stepId));
    return "name" in what ? results[0] : results;
  }

  return {
    spawn: (name: string, task: AnyTask | string, input?: unknown, options?: SpawnOptions) => {
      const child = childNameOf(name, options?.key);
      return stages.within("child", child, () => spawn(child, task, input ?? {}, options ?? {}));
    },
    join: join as TaskContext["join"],
  };
}

async function waitName(children: readonly string[] | undefined): Promise<string> {
  if (children === undefined) return "join";
  const whole = `join ${children.join(", ")}`;
  if (whole.length <= MAX_NAME) return whole;
  const digest = await sha256Hex(new TextEncoder().encode(children.join("\n")));
  return `join ${children.length} children ${digest.slice(0, 16)}`;
}

/** Calls that are made in one breath (`Promise.all`) go out as one request. */
function inOneCall(send: (children: ChildRequest[]) => Promise<{ children: SpawnedChild[] }>) {
  let waiting: {
    child: ChildRequest;
    resolve: (it: SpawnedChild) => void;
    reject: (why: unknown) => void;
  }[] = [];

  async function flush(): Promise<void> {
    // later than the schemas of calls that were made together
    await Promise.resolve();
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += MAX_SPAWN) {
      const some = all.slice(from, from + MAX_SPAWN);
      try {
        const { children } = await send(some.map(({ child }) => child));
        const byName = new Map(children.map((child) => [child.name, child]));
        for (const { child, resolve, reject } of some) {
          const added = byName.get(child.name);
          if (added) resolve(added);
          else reject(new Error(`Child "${child.name}" was not added.`));
        }
      } catch (error) {
        // nothing more is begun of what was refused
        for (const { reject } of all.slice(from)) reject(error);
        return;
      }
    }
  }

  return (child: ChildRequest) =>
    new Promise<SpawnedChild>((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(() => void flush());
      waiting.push({ child, resolve, reject });
    });
}

function gone(name: string, stepId: string): ChildResult {
  return { status: "cancelled", name, stepId };
}

/** How a child ended, as authors see it. */
export function resultOf(child: EndedChild): ChildResult {
  const { name, stepId, status, output, error } = child;
  if (status === "succeeded") return { status, name, stepId, output };
  if (status === "failed") return { status, name, stepId, failure: failureOf(name, error) };
  return { status: "cancelled", name, stepId };
}

function failureOf(step: string, error: EndedChild["error"]): StepFailure {
  const code = StepErrorCode.safeParse(error?.code);
  return {
    tag: "StepFailure",
    step,
    attempt: error?.attempt ?? 1,
    stage: (error?.stage as FailureStage | undefined) ?? "handler",
    at: error?.at ?? null,
    class:
      (error?.class as FailureClass | undefined) ??
      (code.success ? STEP_ERROR_CLASS[code.data] : "permanent"),
    code: error?.code ?? "unclassified",
    message: error?.message ?? "It failed without saying why.",
    data: error?.data ?? {},
  };
}
