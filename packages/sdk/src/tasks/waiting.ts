import type { MetWait, TIMED_OUT } from "@nofx/core/contract";
import type { ChildHandle, ChildOf, ChildResult, ChildResults, SpawnOptions } from "./children.ts";
import type {
  CameEvent,
  EmitOptions,
  EventAnswer,
  EventName,
  EventSchemas,
  PayloadFor,
  PayloadOf,
  ReceivedEvent,
  WaitForOptions,
} from "./events.ts";
import type { Keyed, Literal } from "./names.ts";
import type { AnyTask, TaskInput } from "./task.ts";

/** One thing to wait for. */
export type WaitFor<E extends EventSchemas = {}> =
  | { seconds: number }
  /** A point in time, ISO 8601 with offset. */
  | { until: string }
  /** An event from outside; without a key any of that name. Each event meets one wait of a step. */
  | { event: { name: EventName<E>; key?: string } }
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

type MetBy<E extends EventSchemas, W> = W extends { seconds: number } | { until: string }
  ? { kind: "timer"; payload: null }
  : W extends { event: { name: infer N } }
    ? { kind: "event"; payload: ReceivedEvent<PayloadOf<E, N>> }
    : W extends { message: unknown }
      ? Pick<Extract<MetWait, { kind: "message" }>, "kind" | "payload">
      : W extends { children: unknown }
        ? { kind: "children"; payload: ChildResult[] }
        : W extends { person: unknown }
          ? Pick<Extract<MetWait, { kind: "person" }>, "kind" | "payload">
          : Pick<Extract<MetWait, { kind: "approval" }>, "kind" | "payload">;

/** Which option was met, and what came with it; `timed_out` when nothing did in time. */
export type Met<E extends EventSchemas, O, T = number> =
  | { [K in keyof O & string]: MetBy<E, O[K]> & { option: K } }[keyof O & string]
  | (T extends number ? { option: typeof TIMED_OUT; kind: "timer"; payload: null } : never);

export interface AnyOptions<T extends number | undefined = number | undefined> extends Keyed {
  /** Counted from the first time that the step asks, whatever restarts in between. */
  timeoutSeconds?: T;
}

/** What takes the effect of a checkpoint back: a step for an agent that has the capability. */
export interface Undo {
  capability: string;
  input?: Record<string, unknown>;
  timeoutSeconds?: number;
}

/**
 * Waiting: while something is not there yet the handler ends, no process is held, and it is started again when the thing
 * has come. The same call then returns it. Put what came before into `ctx.step` so that it is not redone.
 */
export interface Waiting<E extends EventSchemas = {}> {
  /** Sleeps through restarts of everything. */
  sleep<const N extends string>(
    name: N & Literal<N>,
    time: number | ({ seconds: number } & Keyed) | ({ until: string } & Keyed),
  ): Promise<void>;
  /** Waits for an event. Registered and looked for in one transaction: one that came before, since the run began, counts. */
  waitFor<const N extends EventName<E>>(
    name: N & Literal<N>,
    options: WaitForOptions & { timeoutSeconds: number },
  ): Promise<EventAnswer<PayloadOf<E, N>>>;
  waitFor<const N extends EventName<E>>(
    name: N & Literal<N>,
    options?: WaitForOptions,
  ): Promise<CameEvent<PayloadOf<E, N>>>;
  /** The same under a name of its own: `{ event }` says which. */
  waitFor<const N extends string, const V extends EventName<E>>(
    name: N & Literal<N>,
    options: WaitForOptions & { event: V; timeoutSeconds: number },
  ): Promise<EventAnswer<PayloadOf<E, V>>>;
  waitFor<const N extends string, const V extends EventName<E>>(
    name: N & Literal<N>,
    options: WaitForOptions & { event: V },
  ): Promise<CameEvent<PayloadOf<E, V>>>;
  /** Waits for the first of several things; the others are given up for good, also the questions to people. */
  any<
    const N extends string,
    const O extends Record<string, WaitFor<E>>,
    const T extends number | undefined = undefined,
  >(
    name: N & Literal<N>,
    options: O,
    limits?: AnyOptions<T>,
  ): Promise<Met<E, O, T>>;
  /** Adds a step to the run: for this task, on any agent that has it. It ends with this step's failure or cancel. */
  spawn<const N extends string, T extends AnyTask>(
    name: N & Literal<N>,
    task: T,
    input: TaskInput<T>,
    options?: SpawnOptions,
  ): Promise<ChildOf<T>>;
  /** The same for a capability whose task is not at hand: what comes back is unknown. */
  spawn<const N extends string>(
    name: N & Literal<N>,
    capability: string,
    input?: Record<string, unknown>,
    options?: SpawnOptions,
  ): Promise<ChildHandle>;
  /** Waits until these children have ended, however they did, and tells how each did. */
  join<O>(child: ChildHandle<O>): Promise<ChildResult<O>>;
  join<const H extends readonly ChildHandle[]>(children: H): Promise<ChildResults<H>>;
  /** Waits until all children of this step have ended. */
  join(): Promise<ChildResult[]>;
  /** Sends an event to the steps of this run that wait for it, once however often the handler is started. */
  emit<const N extends EventName<E>>(
    name: N & Literal<N>,
    payload: PayloadFor<E, N>,
    options?: EmitOptions,
  ): Promise<void>;
  emit<const N extends string, const V extends EventName<E>>(
    name: N & Literal<N>,
    payload: PayloadFor<E, V>,
    options: EmitOptions & { event: V },
  ): Promise<void>;
}
