import type { RunMessage } from "./types.ts";

/** Where a message went, as the senders of the run would say it. */
export function sayTo({ to }: Pick<RunMessage, "to">): string {
  const channel = to.channel === "default" ? "" : ` #${to.channel}`;
  if (to.step !== null) return `a step${channel}`;
  if (to.session !== null) return `the session${channel}`;
  if (to.agent !== null) return `an agent${channel}`;
  if (to.run !== null) return `all of the run${channel}`;
  return `the tenant${channel}`;
}

/** The words of a message that has some, else its JSON. */
export function textOf(payload: unknown): string {
  if (typeof payload === "string") return payload;
  if (typeof payload === "object" && payload !== null && "text" in payload) {
    const { text, ...rest } = payload;
    if (typeof text === "string" && Object.keys(rest).length === 0) return text;
  }
  return JSON.stringify(payload, null, 2) ?? "";
}
