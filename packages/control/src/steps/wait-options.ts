import { TIMED_OUT, type WaitTarget } from "@nofx/core/vocabulary";
import type { WaitOption } from "@nofx/db/leases";
import { questionDigest } from "../tools/tool-digest.ts";

/** One labelled thing to wait for, as plans and agents say it. */
export type WaitRequestOption = WaitTarget & {
  readonly option: string;
  readonly children?: true | readonly string[] | undefined;
};

export interface Asking {
  /** What people read above a question that has no title of its own. */
  readonly title: string;
  readonly why: string;
  readonly requester: string;
  readonly sha256: (text: string) => string;
}

/** What the engine is asked to wait for; a timeout is one more timer, the last to be looked at. */
export function waitOptionsOf(
  options: readonly WaitRequestOption[],
  timeoutSeconds: number | undefined,
  asking: Asking,
): WaitOption[] {
  const all = options.map((target) => waitOptionOf(target, asking));
  if (timeoutSeconds === undefined) return all;
  return [...all, { option: TIMED_OUT, kind: "timer", seconds: timeoutSeconds }];
}

function waitOptionOf(target: WaitRequestOption, asking: Asking): WaitOption {
  const { option, seconds, until, event, message, person, approval, children } = target;
  if (seconds !== undefined) return { option, kind: "timer", seconds };
  if (until !== undefined) return { option, kind: "timer", until };
  if (event !== undefined) return { option, kind: "event", topic: event.name, key: event.key };
  if (message !== undefined) return { option, kind: "message", topic: message.channel };
  if (person !== undefined) {
    return { option, kind: "person", question: { ...person, title: person.title ?? asking.title } };
  }
  if (approval === undefined) {
    return { option, kind: "children", ...(typeof children === "object" ? { children } : {}) };
  }
  const details = approval.details ?? {};
  return {
    option,
    kind: "approval",
    title: asking.title,
    question: approval.question,
    why: asking.why,
    arguments: details,
    arguments_digest: questionDigest(asking, approval.question, details),
    requester: asking.requester,
    expires_ms: approval.expiresInSeconds * 1_000,
  };
}
