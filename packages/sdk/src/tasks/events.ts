import type { ReceivedEvent as ReceivedEventAnswer } from "@nofx/core/contract";
import type { SchemaInput, SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { Keyed } from "./names.ts";

/** Schemas of the events that a task sends or waits for, by name. */
export type EventSchemas = Readonly<Record<string, StandardSchema>>;

/** The events that a task declared; any name, where it declared none. */
export type EventName<E extends EventSchemas> = string extends keyof E
  ? string
  : [keyof E] extends [never]
    ? string
    : keyof E & string;

/** What comes with an event: as its schema gives it, or unknown. */
export type PayloadOf<E extends EventSchemas, N> = N extends keyof E ? SchemaOutput<E[N]> : unknown;

/** What is sent with an event. */
export type PayloadFor<E extends EventSchemas, N> = N extends keyof E ? SchemaInput<E[N]> : unknown;

/** An event as it was sent to the control plane. */
export interface ReceivedEvent<P = unknown> extends Omit<ReceivedEventAnswer, "payload"> {
  readonly payload: P;
}

export interface CameEvent<P> extends ReceivedEvent<P> {
  readonly status: "received";
}

/** What a wait with a timeout gives back: the event, or that none came in time. */
export type EventAnswer<P> = CameEvent<P> | { readonly status: "timed_out" };

export interface WaitForOptions extends Keyed {
  /** Only an event of this key: the order, the pull request. Any, without it. */
  match?: string;
  /** Counted from the first time that the step asks, whatever restarts in between. Without it the wait has no end. */
  timeoutSeconds?: number;
}

export interface EmitOptions extends Keyed {
  /** What it is about: the order, the pull request. */
  match?: string;
}
