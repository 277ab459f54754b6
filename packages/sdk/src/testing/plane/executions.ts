import { AsyncLocalStorage } from "node:async_hooks";
import type { AgentRouteName } from "@nofx/core/contract";
import type { AgentProcess } from "./process.ts";

/** One execution of a handler in a process. */
export interface Execution {
  readonly step: string;
  readonly process: AgentProcess;
  /** How many virtual sleeps of the handler's own it waits in. */
  parked: number;
  /** Nothing was heard of it for a while of real time: it is no longer waited for. */
  hangs: boolean;
}

/** Which execution the code that runs now belongs to. */
export const executing = new AsyncLocalStorage<Execution>();

/** A replay listens, and lets nothing happen that was not recorded. */
export interface Watch {
  /** The code asks for the stored result of that name. */
  named(checkpoint: string): void;
  /** The effect of a name that is not stored would begin, or a model be asked: it does not, and never answers. */
  reached(what: string): void;
  /** A call that would be made. `never`: it was not recorded, and this is as far as the code can be followed. */
  called(call: { name: AgentRouteName; body: unknown }): "answer" | "never" | { answer: unknown };
}
