import type {
  EndedChild as EndedChildAnswer,
  MetWait,
  ReceivedEvent as ReceivedEventAnswer,
  ReceivedMessage as ReceivedMessageAnswer,
  SpawnedChild as SpawnedChildAnswer,
  TIMED_OUT,
} from "@nofx/core/contract";

/** An event from outside, as it was sent to the control plane. */
export type ReceivedEvent = ReceivedEventAnswer;
/** A message of another step, or of people. */
export type ReceivedMessage = ReceivedMessageAnswer;
/** How a child ended, with its output or its error. */
export type EndedChild = EndedChildAnswer;
export type SpawnedChild = SpawnedChildAnswer;

/** One thing to wait for. */
export type WaitFor =
  | { seconds: number }
  /** A point in time, ISO 8601 with offset. */
  | { until: string }
  /** An event from outside; without a key any of that name. Each event meets one wait of a step. */
  | { event: { name: string; key?: string } }
  | { message: { channel?: string } }
  /** Until all children have ended. */
  | { children: true }
  /** A question that any operator may answer. */
  | { person: { question: string; title?: string; choices?: string[] } }
  /** A question to those who may approve. */
  | {
      approval: {
        question: string;
        details?: Record<string, unknown>;
        expiresInSeconds?: number;
      };
    };

type KindOf<W> = W extends { seconds: number } | { until: string }
  ? "timer"
  : W extends { event: unknown }
    ? "event"
    : W extends { message: unknown }
      ? "message"
      : W extends { children: unknown }
        ? "children"
        : W extends { person: unknown }
          ? "person"
          : "approval";

/** Which option was met, and what came with it; `timed_out` when nothing did in time. */
export type Met<O extends Record<string, WaitFor>> =
  | {
      [K in keyof O & string]: Extract<MetWait, { kind: KindOf<O[K]> }> & { option: K };
    }[keyof O & string]
  | { option: typeof TIMED_OUT; kind: "timer"; payload: null };

export interface TimeoutOptions {
  /** Counted from the first time that the step asks, whatever restarts in between. */
  timeoutSeconds?: number;
}

/** A child: a step for an agent that has the capability. */
export interface Child {
  /** Unique among the children of the step; the same name again is the same child. */
  name: string;
  capability: string;
  input?: Record<string, unknown>;
  title?: string;
  /** How long one attempt may take. */
  timeoutSeconds?: number;
  maxFailures?: number;
  deadlineSeconds?: number;
}

/** What takes the effect of a checkpoint back: a step for an agent that has the capability. */
export interface CheckpointUndo {
  capability: string;
  input?: Record<string, unknown>;
  timeoutSeconds?: number;
}

/**
 * Waiting: while something is not there yet the handler ends, no process is held, and it is started again when the thing
 * has come. The same call then returns it. Put what came before into `ctx.step` so that it is not redone.
 */
export interface Waiting {
  /** Waits for the first of several things; the others are given up. */
  wait<const O extends Record<string, WaitFor>>(
    name: string,
    options: O,
    limits?: TimeoutOptions,
  ): Promise<Met<O>>;
  /** Sleeps through restarts of everything. */
  sleep(name: string, seconds: number): Promise<void>;
  /** Waits for an event from outside; null when none came in time. `event` is `name` unless it is given. */
  waitForEvent(
    name: string,
    options?: TimeoutOptions & { event?: string; key?: string },
  ): Promise<ReceivedEvent | null>;
  /** The next message of a channel, each once and in the order in which they were sent; null when none came in time. */
  receive(channel?: string, options?: TimeoutOptions): Promise<ReceivedMessage | null>;
  /** Puts a message into the mailbox of another step of this run. Sent once, however often this handler is started. */
  send(stepId: string, channel: string, payload: unknown): Promise<void>;
  /** Adds steps to the run, each name once. They end with this step's failure or cancel. */
  spawn(children: readonly Child[]): Promise<SpawnedChild[]>;
  /** Waits until all children have ended, however they did. */
  children(name?: string): Promise<EndedChild[]>;
}
