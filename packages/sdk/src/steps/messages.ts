import type { Address, AgentRequest } from "@nofx/core/contract";
import { toJson } from "../schema/index.ts";
import type {
  MessageAddress,
  MessageOptions,
  Messages,
  ReadFrom,
  ReadOptions,
  RequestAnswer,
  SentMessage,
} from "../tasks/index.ts";
import { identityOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import { UsedNames } from "./names.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";
import type { Waits } from "./waits.ts";

/** `ctx.message` */
export function createMessages(
  calls: StepCalls,
  lease: Lease,
  waits: Waits,
  stages: Stages,
): Messages {
  const names = new UsedNames("Message");
  const taken = new Map<string, number>();
  const held = { step: calls.step.id, epoch: calls.step.epoch };

  /** Runs `work` with what the message is known by, once an execution. */
  function named<T>(
    name: string,
    key: string | number | undefined,
    work: (sentAs: string) => Promise<T>,
  ): Promise<T> {
    const identity = identityOf(name, key);
    return stages.within("message", identity, async () => {
      names.use(identity);
      lease.signal.throwIfAborted();
      return work(identity);
    });
  }

  /** A plain message to a step goes straight into its mailbox. */
  async function post(
    sentAs: string,
    { channel = "default", ...whose }: MessageAddress,
    payload: unknown,
    { key: _, ...content }: MessageOptions,
  ): Promise<SentMessage> {
    const json = toJson(payload, `Message "${sentAs}"`);
    const isPlain = whose.step !== undefined && Object.keys(content).length === 0;
    if (isPlain)
      return calls.call("message", { to: whose.step as string, channel, payload: json, sentAs });
    return toBus(sentAs, { ...whose, channel }, json, content);
  }

  function toBus(sentAs: string, to: Address, payload: unknown, content: Partial<SendBody>) {
    const body = { type: "message.sent", class: "standard" as const, ...content };
    return calls.callAs("send", {}, { ...body, from: held, to, payload, sentAs });
  }

  function send(name: string, to: MessageAddress, payload: unknown, options: MessageOptions = {}) {
    return named(name, options.key, (sentAs) => post(sentAs, to, payload, options));
  }

  async function next(channel: string, { timeoutSeconds }: ReadOptions) {
    // the how-many-eth of a channel is the same in every execution, for each is handed out once and in order
    const n = (taken.get(channel) ?? 0) + 1;
    taken.set(channel, n);
    const option = { option: "message", message: { channel } };
    const met = await waits.ask(`message ${n} of ${channel}`, [option], timeoutSeconds);
    return met.kind === "message" ? met.payload : null;
  }

  return {
    send,
    broadcast: (name: string, channel: string, payload: unknown, options?: MessageOptions) =>
      send(name, { run: calls.step.runId, channel }, payload, options),
    request: (
      name: string,
      { channel = "default", ...whose }: MessageAddress,
      payload: unknown,
      { key, timeoutSeconds, ...content }: MessageOptions & ReadOptions = {},
    ) =>
      named(name, key, async (sentAs): Promise<RequestAnswer> => {
        const json = toJson(payload, `Message "${sentAs}"`);
        const sent = await toBus(sentAs, { ...whose, channel }, json, content);
        if (sent.replyChannel === null) throw new Error("A request is made by a step.");
        const option = { option: "message", message: { channel: sent.replyChannel } };
        const met = await waits.ask(`reply to ${sentAs}`, [option], timeoutSeconds);
        if (met.kind !== "message") return { status: "timed_out" };
        return { status: "answered", payload: met.payload.payload, message: met.payload };
      }),
    reply: (
      name: string,
      { messageId }: { readonly messageId: string },
      payload: unknown,
      { key, ...content }: MessageOptions = {},
    ) =>
      named(name, key, (sentAs) => {
        const json = toJson(payload, `Message "${sentAs}"`);
        const body = { type: "reply.given", class: "standard" as const, ...content };
        return calls.callAs(
          "reply",
          { messageId },
          {
            ...body,
            from: held,
            payload: json,
            sentAs,
          },
        );
      }),
    read: ((what: string | MessageAddress = "default", options: ReadOptions & ReadFrom = {}) => {
      if (typeof what === "string")
        return stages.within("message", what, () => next(what, options));
      const { channel = "default", ...whose } = what;
      return stages.within("message", channel, () => {
        lease.signal.throwIfAborted();
        const of = { ...whose, channel };
        const body = { reader: "default", max: 50, waitSeconds: 0, ...options };
        return calls.callAs("read", {}, { ...body, as: held, of });
      });
    }) as Messages["read"],
  };
}

type SendBody = AgentRequest<"send">;
