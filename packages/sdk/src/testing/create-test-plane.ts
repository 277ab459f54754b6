import { cancelRun, pauseRun, resumeRun, sendEvent, sendMessage, stepsOf } from "@nofx/core/model";
import { holdsOf, isTerminalStep, type MemberRole, type RunStatus } from "@nofx/core/vocabulary";
import type { Agent, AgentEvent } from "../agents/index.ts";
import type { AnyTask } from "../tasks/index.ts";
import { exportRun } from "./histories/export-run.ts";
import type { RunHistory } from "./histories/history.ts";
import { Crashes, type CrashPoint } from "./plane/crashes.ts";
import type { ModelCall } from "./plane/models.ts";
import { expire, openQuestions, person, type OpenQuestion, type Person } from "./plane/people.ts";
import { executing, type Execution } from "./plane/executions.ts";
import { AgentProcess } from "./plane/process.ts";
import {
  enqueue,
  hasEnded,
  runStatus,
  viewSteps,
  type TestStep,
  type TestStepSpec,
} from "./plane/runs.ts";
import { createState, type StateOptions } from "./plane/state.ts";
import { nextDue, sweep } from "./plane/sweep.ts";
import { toMs, type Duration } from "./plane/time.ts";

export interface TestPlaneOptions extends StateOptions {
  /** Joined at once, one process each. */
  agents?: readonly (Agent | AnyTask)[];
  /**
   * How long, in real time, a handler may be silent before it is no longer waited for: one that reads a file needs a moment,
   * one that waits for `ctx.signal` would need for ever. A second unless told.
   */
  patienceMs?: number;
}

/** An agent of the test: it has processes, which may die and be started again. */
export interface TestAgent {
  /** What its runners told of themselves, in order. */
  readonly events: readonly AgentEvent[];
  /** How many processes it has had. */
  readonly starts: number;
  /** Kills its processes, as by SIGKILL; `restart` unless told otherwise. */
  kill(options?: { restart?: boolean }): void;
  /** Lets its processes finish what they do and end, as by SIGTERM. */
  stop(): Promise<void>;
}

export interface TestRun {
  readonly id: string;
  readonly status: RunStatus;
  readonly steps: readonly TestStep[];
  /** The step of that name; the only one, without a name. */
  step(name?: string): TestStep;
  /** What the only step, or the last one of the plan, gave. */
  readonly output: unknown;
  /**
   * Lets time pass until the run has ended, however it does. Throws where it cannot end by itself: somebody has to answer or to send
   * something. A question to people is never passed over.
   */
  end(): Promise<TestRun>;
  /** What has happened so far, by name: to be kept in a file and replayed. */
  history(): RunHistory;
  cancel(options?: { compensate?: boolean }): void;
  pause(): void;
  resume(): void;
}

/**
 * A control plane in memory, for tests of agents: core's own transitions, the SDK's own runner, no network and no time but what the test
 * lets pass.
 */
export interface TestPlane extends AsyncDisposable {
  /** The virtual time of day. */
  readonly date: Date;
  /** Starts an agent, unchanged, in one process or more. */
  join(agent: Agent | AnyTask, options?: { processes?: number; concurrency?: number }): TestAgent;
  /** A run of one step for a task. */
  run(
    task: AnyTask | string,
    input?: Record<string, unknown>,
    options?: { name?: string },
  ): Promise<TestRun>;
  /** A run of several steps. */
  plan(steps: readonly TestStepSpec[]): Promise<TestRun>;
  /** Until nothing more happens without time passing. */
  settle(): Promise<void>;
  /** Lets time pass. None passes otherwise, and none of it is real. */
  advance(by: Duration): Promise<void>;
  /** Time that passes inside a handler, as work that takes long does. */
  work(duration: Duration): Promise<void>;
  /** The process of the handler that says so dies here, with all that it does, and is started again. */
  die(): Promise<never>;
  /** Somebody who answers questions; a supervisor unless told. */
  as(name: string, role?: MemberRole): Person;
  /** As somebody. */
  approve: Person["approve"];
  reject: Person["reject"];
  modify: Person["modify"];
  answer: Person["answer"];
  /** Nobody answered in time. */
  expire(name: string, which?: { step?: string }): void;
  /** What is open to people. */
  readonly questions: readonly OpenQuestion[];
  /** An event from outside. Answers how many steps waited for it. */
  event(name: string, payload?: unknown, options?: { key?: string; run?: TestRun }): number;
  /** A message of people to a step. */
  message(run: TestRun, step: string, channel: string, payload: unknown): void;
  /** Has a process die where it says, the next time that it gets there. It is started again at once. */
  crash(point: CrashPoint): void;
  /** Crash points that nothing came to. */
  readonly unmetCrashes: readonly CrashPoint[];
  /** What models were asked. */
  readonly modelCalls: readonly ModelCall[];
  /** Every process ends; what they still do reaches nobody. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How many things may happen one after the other without the run coming nearer to its end. */
const MOST_IDLE = 2_000;

/** A control plane in memory, for tests. See docs/sdk/testing.md. */
export function createTestPlane(options: TestPlaneOptions = {}): TestPlane {
  const state = createState(options);
  const crashes = new Crashes();
  const executions = new Set<Execution>();
  const processes = new Set<AgentProcess>();
  const patienceMs = options.patienceMs ?? 1_000;
  const { time, model } = state;

  function join(
    agent: Agent | AnyTask,
    { processes: count = 1, concurrency }: Parameters<TestPlane["join"]>[1] = {},
  ): TestAgent {
    const tasks = "handler" in agent ? [agent] : [...agent.tasks.values()];
    const events: AgentEvent[] = [];
    const own = new Set<AgentProcess>();
    let starts = 0;
    const start = () => {
      starts += 1;
      const process: AgentProcess = new AgentProcess({
        state,
        crashes,
        executions,
        tasks,
        concurrency: concurrency ?? ("handler" in agent ? 1 : agent.concurrency),
        name: `process-${processes.size + 1}`,
        onEvent: (event) => events.push(event),
        onDeath: () => {
          own.delete(process);
          start();
        },
      });
      own.add(process);
      processes.add(process);
    };
    for (let n = 0; n < count; n++) start();
    return {
      events,
      get starts() {
        return starts;
      },
      kill({ restart = true } = {}) {
        const killed = [...own];
        own.clear();
        for (const process of killed) {
          process.kill();
          if (restart) start();
        }
      },
      async stop() {
        const ending = [...own];
        own.clear();
        for (const process of ending) process.stop();
        await settle();
      },
    };
  }

  /** Until no handler runs but those that wait for virtual time or hang. */
  async function settle(): Promise<void> {
    for (;;) {
      await time.quiet();
      const busy = [...executions].filter(({ parked, hangs }) => parked === 0 && !hangs);
      if (busy.length === 0) break;
      if (!(await time.heard(patienceMs))) for (const one of busy) one.hangs = true;
    }
    for (const process of processes) {
      const { failure } = process;
      if (failure === undefined) continue;
      process.failure = undefined;
      throw new Error("A process of the test ended with an error.", { cause: failure });
    }
  }

  /** Goes to a point in time and does what falls due on the way, each before the next. */
  async function goTo(at: number): Promise<void> {
    for (;;) {
      await settle();
      const next = nextMoment();
      if (next === undefined || next > at) break;
      await passTo(next);
    }
    await passTo(at);
    await settle();
  }

  /** When something happens by itself: what idle processes do until there is work does not count. */
  function nextMoment(): number | undefined {
    const due = nextDue(state)?.at;
    const working =
      executions.size > 0 || [...model.steps.values()].some((one) => one.leaseOwner !== null);
    const timer = working ? time.virtual.next : undefined;
    const next = Math.min(due ?? Infinity, Math.max(time.now, timer ?? Infinity));
    return next === Infinity ? undefined : next;
  }

  async function passTo(at: number): Promise<void> {
    time.virtual.skipTo(at);
    sweep(state);
    await time.quiet();
    while ((time.virtual.next ?? Infinity) <= time.now) {
      time.virtual.step();
      await time.quiet();
    }
  }

  async function end(run: TestRun): Promise<TestRun> {
    let told = -1;
    for (let idle = 0; ; idle++) {
      await settle();
      if (hasEnded(state, run.id)) return run;
      const news = model.events.length + model.checkpoints.length;
      if (news !== told) idle = 0;
      told = news;
      const next = nextMoment();
      const question = nextDue(state);
      if (next === undefined || (question?.at === next && question.question !== undefined)) {
        throw new Error(`The run does not end by itself. ${waitingFor(run.id)}`);
      }
      if (idle > MOST_IDLE)
        throw new Error(`The run does not come any further. ${waitingFor(run.id)}`);
      await passTo(next);
    }
  }

  function waitingFor(runId: string): string {
    const left = stepsOf(model, runId).filter((step) => !isTerminalStep(step.status));
    return left
      .map((step) => {
        const waits = model.waits.filter((one) => one.stepId === step.id && one.status === "open");
        const asked = openQuestions(state).filter((one) => one.step === step.name);
        const what = [
          ...asked.map((one) => `people's answer to "${one.name}"`),
          ...waits
            .filter((one) => one.kind !== "person" && one.kind !== "approval")
            .map((one) => `${one.kind} ${one.topic ?? ""} ("${one.name}")`),
        ];
        if (what.length > 0) return `Step "${step.name}" waits for ${what.join(" or ")}.`;
        if (step.leaseOwner !== null) return `Step "${step.name}" is being executed.`;
        const holds = holdsOf(step.holds);
        return holds.length > 0
          ? `Step "${step.name}" is held: ${holds.join(", ")}.`
          : `Step "${step.name}" waits for an agent that offers ${step.capability ?? "it"}.`;
      })
      .join(" ");
  }

  function viewOf(id: string): TestRun {
    const run: TestRun = {
      id,
      get status() {
        return runStatus(state, id);
      },
      get steps() {
        return viewSteps(state, id);
      },
      step(name) {
        const found = viewSteps(state, id).find((one) => name === undefined || one.name === name);
        if (found === undefined) throw new Error(`The run has no step "${name}".`);
        return found;
      },
      get output() {
        return viewSteps(state, id)
          .filter((_, i) => stepsOf(model, id)[i]?.parentId === null)
          .findLast((step) => !step.name.startsWith("undo."))?.output;
      },
      end: () => end(run),
      history: () => exportRun(state, id),
      cancel: (cancelOptions = {}) => {
        cancelRun(model, id, cancelOptions, time.now);
        sweep(state);
      },
      pause: () => void pauseRun(model, id, time.now),
      resume: () => {
        resumeRun(model, id, time.now);
        sweep(state);
      },
    };
    return run;
  }

  const somebody = person(state, "somebody", "supervisor");
  const plan = async (steps: readonly TestStepSpec[]) => {
    const run = viewOf(await enqueue(state, steps));
    sweep(state);
    return run;
  };
  for (const agent of options.agents ?? []) join(agent);

  return {
    get date() {
      return time.date();
    },
    join,
    run: (task, input = {}, { name = "work" } = {}) => plan([{ name, task, input }]),
    plan,
    settle,
    advance: (by) => goTo(time.now + toMs(by)),
    work: async (duration) => {
      const execution = executing.getStore();
      time.note();
      if (execution !== undefined) execution.parked += 1;
      await new Promise<void>((resolve) => {
        time.virtual.in(toMs(duration), resolve);
      });
      time.note();
      if (execution !== undefined) execution.parked -= 1;
      if (execution?.process.isDead === true) await new Promise(() => {});
    },
    die: async () => {
      const process = executing.getStore()?.process;
      if (process === undefined) throw new Error("Only a handler can have its process die.");
      process.die();
      return new Promise<never>(() => {});
    },
    as: (name, role = "supervisor") => person(state, name, role),
    approve: somebody.approve,
    reject: somebody.reject,
    modify: somebody.modify,
    answer: somebody.answer,
    expire: (name, { step } = {}) => expire(state, name, step),
    get questions() {
      return openQuestions(state);
    },
    event(name, payload = null, { key, run } = {}) {
      const met = sendEvent(
        model,
        {
          name,
          payload,
          ...(key !== undefined && { key }),
          ...(run !== undefined && { runId: run.id }),
        },
        time.now,
      );
      sweep(state);
      return met;
    },
    message(run, step, channel, payload) {
      const to = stepsOf(model, run.id).find((one) => one.name === step);
      if (to === undefined) throw new Error(`The run has no step "${step}".`);
      const sent = sendMessage(model, { toStep: to.id, channel, payload }, time.now);
      if (sent.ok && sent.messageId !== null) state.sentAt.set(sent.messageId, time.now);
      sweep(state);
    },
    crash: (point) => crashes.arm(point),
    get unmetCrashes() {
      return crashes.unmet;
    },
    modelCalls: state.modelCalls,
    async [Symbol.asyncDispose]() {
      for (const process of processes) process.kill();
      await time.quiet();
    },
  };
}
