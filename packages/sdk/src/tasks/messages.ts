import type {
  Address,
  AgentRequest,
  BusMessage as BusMessageAnswer,
  ReceivedMessage as ReceivedMessageAnswer,
} from "@nofx/core/contract";
import type { Keyed, Literal } from "./names.ts";

/** A message in this step's mailbox: of another step, or of people. */
export type ReceivedMessage = ReceivedMessageAnswer;
/** A message of a conversation. */
export type BusMessage = BusMessageAnswer;

/** Where a message goes: a channel of one of these; of none of them, of the whole tenant. */
export type MessageAddress = Partial<
  Pick<Address, "step" | "agent" | "session" | "run" | "channel">
>;

/** What a message may carry beside its payload: its type, how long it is kept, what it refers to, what it is an answer to. */
export type MessageOptions = Keyed &
  Partial<Pick<AgentRequest<"send">, "type" | "class" | "refs" | "causedBy">>;

export interface SentMessage {
  readonly messageId: string;
}

export interface ReadOptions {
  /** Counted from the first time that the step asks. Without it the wait has no end. */
  timeoutSeconds?: number;
}

/** Reading a conversation. What was read comes again until `done` says that it is dealt with. */
export type ReadFrom = Partial<
  Pick<AgentRequest<"read">, "reader" | "done" | "from" | "max" | "waitSeconds">
>;

export interface ReadMessages {
  readonly messages: readonly BusMessage[];
  /** All up to this place is done with. */
  readonly done: number;
  /** The newest place of the conversation. */
  readonly head: number;
  /** Messages read earlier and redacted since: what is kept of them has to go. */
  readonly redacted: readonly string[];
}

/** What a request comes to. */
export type RequestAnswer =
  | { readonly status: "answered"; readonly payload: unknown; readonly message: ReceivedMessage }
  | { readonly status: "timed_out" };

/** Messages: sent once under their names however often the handler is started, kept, and read in order. */
export interface Messages {
  /** To a step, an agent, a session, a run or a channel of the tenant. */
  send<const N extends string>(
    name: N & Literal<N>,
    to: MessageAddress,
    payload: unknown,
    options?: MessageOptions,
  ): Promise<SentMessage>;
  /** To all of this run, on a channel. */
  broadcast<const N extends string>(
    name: N & Literal<N>,
    channel: string,
    payload: unknown,
    options?: MessageOptions,
  ): Promise<SentMessage>;
  /** Sends, and waits for the reply. While there is none no process is held. */
  request<const N extends string>(
    name: N & Literal<N>,
    to: MessageAddress,
    payload: unknown,
    options?: MessageOptions & ReadOptions,
  ): Promise<RequestAnswer>;
  /** Answers whoever sent a message. */
  reply<const N extends string>(
    name: N & Literal<N>,
    message: { readonly messageId: string },
    payload: unknown,
    options?: Omit<MessageOptions, "causedBy">,
  ): Promise<SentMessage>;
  /** The next message in this step's mailbox, each once and in order; null when none came in time. No process waits. */
  read(channel?: string, options?: ReadOptions): Promise<ReceivedMessage | null>;
  /** What this agent has not done with of a conversation, in order; with `from`, again from that place on. */
  read(of: MessageAddress, options?: ReadFrom): Promise<ReadMessages>;
}
