import { canonicalJson } from "@nofx/core/canonical";
import type { AgentRequest, RecordedStep, RunHistory } from "@nofx/core/contract";
import { toId } from "@nofx/core/vocabulary";
import type { AnyTask } from "../../tasks/index.ts";
import { Crashes } from "../plane/crashes.ts";
import type { Execution, Watch } from "../plane/executions.ts";
import { AgentProcess } from "../plane/process.ts";
import { createState } from "../plane/state.ts";
import type { Finding, FindingCode } from "./findings.ts";
import { restoreRun } from "./restore-run.ts";

/** How far code came with a recorded step. */
export interface Replayed {
  /** `stopped`: at something that was not recorded, or that is still waited for. */
  readonly end: "succeeded" | "failed" | "stopped";
  readonly output: unknown;
  readonly failure: AgentRequest<"fail">["error"] | undefined;
  /** The handler says itself what is to become of its failure: `permanent` or `retryLater`. */
  readonly meant: boolean;
  /** What it asked for that is recorded, as `kind name`. */
  readonly asked: ReadonlySet<string>;
  /** What it asked for that is not recorded, as `kind name`. */
  readonly reached: readonly string[];
  readonly findings: readonly Finding[];
}

/** Ids of what was sent before: the recording keeps the names alone. */
const NOBODY = "0192f0a1-0000-7000-8000-000000000000";
const NO_MESSAGE = toId("message", NOBODY);
const NO_CONVERSATION = toId("conversation", NOBODY);
const NO_EVENT = toId("externalEvent", NOBODY);

/** How long, in real time, a handler may be silent. */
const PATIENCE_MS = 500;

/** Executes one step of a history on this code. No effect begins, no model is asked, nothing leaves the process. */
export async function replayStep(
  tasks: readonly AnyTask[],
  history: RunHistory,
  step: RecordedStep,
): Promise<Replayed> {
  const state = createState({ startAt: history.recordedAt });
  restoreRun(state, history, step);
  const executions = new Set<Execution>();
  const record = new Recording(history, step);
  const process = new AgentProcess({
    state,
    crashes: new Crashes(),
    executions,
    tasks,
    concurrency: 1,
    name: "replay",
    onDeath: () => {},
    onEvent: (event) => {
      if (event.type === "step.ended" && event.outcome === "suspended") record.stopped = true;
    },
    watch: record,
  });
  for (;;) {
    await state.time.quiet();
    const busy = [...executions].some(({ parked }) => parked === 0);
    if (!busy || !(await state.time.heard(PATIENCE_MS))) break;
  }
  process.kill();
  if (process.failure !== undefined) throw asError(process.failure);
  return record.result();
}

/** What a handler asked for, held against what is recorded. */
class Recording implements Watch {
  stopped = false;
  readonly #history: RunHistory;
  readonly #step: RecordedStep;
  readonly #asked = new Set<string>();
  readonly #reached: string[] = [];
  readonly #findings: Finding[] = [];
  #end: "succeeded" | "failed" | undefined;
  #output: unknown;
  #failure: AgentRequest<"fail">["error"] | undefined;
  #meant = false;

  constructor(history: RunHistory, step: RecordedStep) {
    this.#history = history;
    this.#step = step;
  }

  result(): Replayed {
    return {
      end: this.#end ?? "stopped",
      output: this.#output,
      failure: this.#failure,
      meant: this.#meant,
      asked: this.#asked,
      reached: this.#reached,
      findings: this.#findings,
    };
  }

  named(checkpoint: string): void {
    const { checkpoints } = this.#step;
    for (const { name } of checkpoints) {
      if (name === checkpoint || name.startsWith(`${checkpoint} again `))
        this.#asked.add(`checkpoint ${name}`);
    }
  }

  reached(what: string): void {
    this.#reached.push(`checkpoint ${what}`);
  }

  called({ name, body }: Parameters<Watch["called"]>[0]): ReturnType<Watch["called"]> {
    switch (name) {
      case "checkpoint":
        return this.#stop("checkpoint", (body as AgentRequest<"checkpoint">).name);
      case "approval":
        return this.#approval(body as AgentRequest<"approval">);
      case "wait":
        return this.#wait(body as AgentRequest<"wait">);
      case "spawn":
        return this.#spawn(body as AgentRequest<"spawn">);
      case "message": {
        const { sentAs } = body as AgentRequest<"message">;
        return this.#sent(sentAs, { messageId: NO_MESSAGE });
      }
      case "send":
      case "reply": {
        const { sentAs } = body as AgentRequest<"send">;
        const reply = this.#step.waits.find((one) => one.name === `reply to ${sentAs}`);
        return this.#sent(sentAs, {
          messageId: NO_MESSAGE,
          conversationId: NO_CONVERSATION,
          seq: 1,
          replyChannel: reply?.options[0]?.topic ?? "replies",
        });
      }
      case "emit": {
        const stored = `emit ${(body as AgentRequest<"emit">).name}`.slice(0, 200);
        if (!this.#step.checkpoints.some((one) => one.name === stored)) {
          return this.#stop("event", stored);
        }
        this.#asked.add(`checkpoint ${stored}`);
        return { answer: { eventId: NO_EVENT, created: false } };
      }
      case "toolBegin":
        return this.#tool(body as AgentRequest<"toolBegin">);
      case "complete":
        this.#end = "succeeded";
        this.#output = (body as AgentRequest<"complete">).output;
        return "answer";
      case "fail": {
        const { error, retryAfterSeconds } = body as AgentRequest<"fail">;
        this.#end = "failed";
        this.#failure = error;
        this.#meant = error.code === "agent_permanent_error" || retryAfterSeconds !== undefined;
        return "answer";
      }
      case "whoAmI":
      case "introduce":
      case "token":
      case "claim":
      case "heartbeat":
      case "heartbeats":
      case "logs":
      case "artifact":
      case "artifactComplete":
      case "release":
        return "answer";
      default:
        return this.#stop("call", name);
    }
  }

  #stop(kind: string, name: string): "never" {
    this.#reached.push(`${kind} ${name}`);
    return "never";
  }

  #sent(sentAs: string, answer: unknown) {
    return this.#step.sent.some((one) => one.sentAs === sentAs)
      ? { answer }
      : this.#stop("message", sentAs);
  }

  #approval({ name, question, details = {} }: AgentRequest<"approval">) {
    const asked = this.#step.approvals.filter((one) => one.name === name);
    if (asked.length === 0) return this.#stop("approval", name);
    this.#asked.add(`approval ${name}`);
    const scope = canonicalJson([question, details]);
    const same = asked.find((one) => canonicalJson([one.question, one.arguments]) === scope);
    if (same !== undefined) return "answer";
    const latest = asked.at(-1);
    this.#find(
      "approval_changed",
      name,
      latest?.question === question
        ? `"${name}" is asked about other arguments than people ${latest.status === "pending" ? "are deciding about" : "decided about"}.`
        : `"${name}" is asked in other words: "${question}", where "${latest?.question}" is recorded.`,
    );
    return "never" as const;
  }

  /** Beginning to use a tool is as far as it goes. People's answer, or their question, has to be about the same use. */
  #tool({ name, arguments: args }: AgentRequest<"toolBegin">) {
    const asked = this.#step.approvals.filter((one) => one.name === name && one.tool !== null);
    if (asked.length === 0) return this.#stop("tool", name);
    this.#asked.add(`approval ${name}`);
    const wanted = canonicalJson(args);
    const isSame = asked.some((one) =>
      [one.arguments, one.edited].some(
        (known) => known !== null && canonicalJson(known) === wanted,
      ),
    );
    if (!isSame) {
      this.#find(
        "approval_changed",
        name,
        `"${name}" would be used with other arguments than people were asked about.`,
      );
    }
    return "never" as const;
  }

  #wait({ name, options }: AgentRequest<"wait">) {
    const recorded = this.#step.waits.find((one) => one.name === name);
    if (recorded === undefined) return this.#stop("wait", name);
    this.#asked.add(`wait ${name}`);
    const wanted = recorded.options.filter(
      (one) =>
        one.status === (recorded.met === null ? "open" : "met") && one.option !== "timed_out",
    );
    for (const one of wanted) {
      const now = options.find(({ option }) => option === one.option);
      const about = now === undefined ? undefined : aboutOf(now);
      if (about === `${one.kind} ${one.topic ?? ""} ${one.key ?? ""}`) continue;
      this.#find(
        "wait_changed",
        name,
        now === undefined
          ? `"${name}" has no option "${one.option}" any more.`
          : `"${one.option}" of "${name}" waits for something else than the recorded ${one.kind}${one.topic === null ? "" : ` ${one.topic}`}.`,
      );
      return "never" as const;
    }
    return "answer";
  }

  #spawn({ children }: AgentRequest<"spawn">) {
    let isNew = false;
    for (const child of children) {
      const name = `${this.#step.name}.${child.name}`;
      const recorded = this.#history.steps.find((one) => one.name === name);
      if (recorded === undefined) {
        isNew = true;
        this.#reached.push(`child ${child.name}`);
        continue;
      }
      this.#asked.add(`child ${name}`);
      const capability = child.kind === "agent" ? child.with.capability : null;
      if (recorded.capability === capability) continue;
      this.#find(
        "child_changed",
        child.name,
        `Child "${child.name}" was spawned for ${recorded.capability}, and would be for ${capability}.`,
      );
    }
    return isNew ? ("never" as const) : ("answer" as const);
  }

  #find(code: FindingCode, name: string, detail: string): void {
    this.#findings.push({ code, step: this.#step.name, name, detail });
  }
}

type OptionRequest = AgentRequest<"wait">["options"][number];

function aboutOf({ seconds, until, event, message, person, approval }: OptionRequest): string {
  if (seconds !== undefined || until !== undefined) return "timer  ";
  if (event !== undefined) return `event ${event.name} ${event.key ?? ""}`;
  if (message !== undefined) return `message ${message.channel} `;
  if (person !== undefined) return "person  ";
  return approval === undefined ? "children  " : "approval  ";
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
