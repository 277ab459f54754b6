import { z } from "zod";
import { Channel } from "../vocabulary/waits.ts";

// A channel is a name of segments with `.`, `:` or `/` between them, like `orders.refunds` or `deploy/eu/prod`.

export { Channel } from "../vocabulary/waits.ts";

/** The channel of a session's shared board. */
export const BOARD = "board";
/** The channel of a run that its supervisors read: what agents report and ask goes there. */
export const SUPERVISORS = "supervisors";
/** Answers to requests come in under this; nobody sends there but who answers. */
const REPLIES = "reply/";

/** Where the answer to a message comes in. */
export function replyChannel(messageId: string): string {
  return `${REPLIES}${messageId}`;
}

export function isReplyChannel(channel: string): boolean {
  return channel.startsWith(REPLIES);
}

const SEPARATOR = /[.:/]/;

/** A channel, all below one (`orders.*`), or all (`*`). */
export const ChannelPattern = z
  .string()
  .max(130)
  .refine(
    (pattern) =>
      pattern === "*" ||
      Channel.safeParse(pattern).success ||
      (/[.:/]\*$/.test(pattern) && Channel.safeParse(pattern.slice(0, -2)).success),
    "use a channel, a channel with .* /* or :* after it, or *",
  );

/** Whether a pattern covers a channel. `orders.*` covers `orders.new` and `orders.new.eu`, and neither `orders` nor `ordersnew`. */
export function covers(pattern: string, channel: string): boolean {
  if (pattern === "*") return true;
  if (!pattern.endsWith("*")) return pattern === channel;
  const prefix = pattern.slice(0, -1);
  return channel.length > prefix.length && channel.startsWith(prefix);
}

/** How much a pattern says: the more, the closer it is to one channel. */
export function exactness(pattern: string): number {
  if (pattern === "*") return 0;
  const segments = pattern.split(SEPARATOR).filter((one) => one !== "*").length;
  return segments * 2 + (pattern.endsWith("*") ? 0 : 1);
}
