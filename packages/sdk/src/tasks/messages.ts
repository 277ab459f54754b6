import type { ReceivedMessage as ReceivedMessageAnswer } from "@nofx/core/contract";

/** A message of another step, or of people. */
export type ReceivedMessage = ReceivedMessageAnswer;

export interface ReadOptions {
  /** Counted from the first time that the step asks. Without it the wait has no end. */
  timeoutSeconds?: number;
}

/** Messages between the steps of a run: sent once however often the handler is started, read once each and in order. */
export interface Messages {
  /** Puts a message into the mailbox of another step of this run. */
  send(stepId: string, channel: string, payload: unknown): Promise<void>;
  /** The next message of a channel; null when none came in time. */
  read(channel?: string, options?: ReadOptions): Promise<ReceivedMessage | null>;
}
