import { markHidden } from "../approvals/mark-hidden.ts";
import type { PayloadOf } from "../messages/message-types.ts";
import { toId } from "../vocabulary/index.ts";
import { moment } from "./moment.ts";
import { isNoticeType, type NoticeType } from "./notice-types.ts";

/** A sealed event, as the relay has it. */
export interface TellableEvent {
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What is told beside the kind of the event. A channel that tells no titles has none of the names. */
export interface NoticeFacts {
  readonly plan?: string | undefined;
  readonly approval?: string | undefined;
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  readonly expires_at?: string | undefined;
}

/** One thing that people are told, free of any markup. */
export interface Notice {
  readonly id: string;
  /** What happened, in our words: `A plan is blocked`. */
  readonly headline: string;
  /** What it happened to, in the words of the tenant; titles and names only. */
  readonly about: string | undefined;
  readonly details: readonly string[];
  /** The page of it in the dashboard. */
  readonly path: string;
  readonly at: string;
}

const MAX_ABOUT = 200;

/** An event in words for people. Anything that people are not told of is a trial of the channel. */
export function describeEvent(event: TellableEvent, facts: NoticeFacts = {}): Notice {
  const { id, at } = event;
  const told = wordsOf(event, facts);
  const about = [told.about].flat().filter((text) => text !== undefined && text !== "");
  const named = about.length === 0 ? undefined : clip(markHidden(about.join(" · ")));
  return { id, at, headline: told.headline, about: named, details: told.details, path: told.path };
}

/** What cannot be put into words is told all the same: one odd event must not hold up a channel for ever. */
function wordsOf({ type, payload }: TellableEvent, facts: NoticeFacts): Told {
  if (!isNoticeType(type)) return TRIAL;
  try {
    return WORDS[type](payload as never, facts);
  } catch {
    return { headline: `Something happened: ${type}`, about: undefined, details: [], path: "/" };
  }
}

interface Told {
  readonly headline: string;
  readonly about: string | undefined | (string | undefined)[];
  readonly details: readonly string[];
  readonly path: string;
}

const TRIAL: Told = {
  headline: "This is a test: the channel works",
  about: undefined,
  details: [],
  path: "/webhooks",
};

type Words<Payload> = (payload: Payload, facts: NoticeFacts) => Told;

const aPlan =
  (headline: string): Words<PayloadOf<"plan.ready">> =>
  ({ plan_id, verdict }, { plan }) => ({
    headline,
    about: plan,
    details: verdict == null ? [] : [`Verdict: ${verdict}`],
    path: `/plans/${toId("plan", plan_id)}`,
  });

const aQuestion =
  (headline: string): Words<PayloadOf<"approval.requested">> =>
  ({ approval_id, subject }, { approval, plan, run, step, expires_at }) => ({
    headline,
    about: [approval, plan ?? run, step].filter(unique),
    details: [
      `About a ${subject.replaceAll("_", " ")}`,
      ...(expires_at === undefined ? [] : [`Open until ${moment(expires_at)}`]),
    ],
    path: `/approvals/${toId("approval", approval_id)}`,
  });

const aRun =
  (headline: string): Words<PayloadOf<"run.failed">> =>
  ({ run_id }, { run, plan }) => ({
    headline,
    about: run ?? plan,
    details: [],
    path: `/runs/${toId("run", run_id)}`,
  });

const DECIDED: Partial<Record<string, string>> = {
  approved: "An approval was given",
  rejected: "An approval was refused",
  expired: "An approval ran out without an answer",
};

/** Total: a type that people are told of without words does not compile. */
const WORDS: { readonly [T in NoticeType]: Words<PayloadOf<T>> } = {
  "plan.ready": aPlan("A plan is ready"),
  "plan.blocked": aPlan("A gate blocks a plan"),
  "plan.approved": aPlan("A plan may be executed"),
  "gate.overridden": ({ plan_id, scope, status, verdict }, { plan }) => ({
    headline:
      status === "active" ? "Somebody overrode a gate" : `An override of a gate is ${status}`,
    about: plan,
    details: [`Of one ${scope}`, `Verdict: ${verdict}`],
    path: `/plans/${toId("plan", plan_id)}`,
  }),
  // the name of a rule is configuration, and stays with those who may see it
  "gate_rule.changed": ({ version, enabled }) => ({
    headline: "A rule of a gate was changed",
    about: undefined,
    details: [`Version ${version}, ${enabled ? "on" : "off"}`],
    path: "/gates",
  }),
  "approval.requested": aQuestion("An approval is asked for"),
  "approval.reminded": aQuestion("An approval still waits: half of its time is over"),
  "approval.escalated": aQuestion("An approval still waits: the next group may decide too"),
  "approval.decided": (payload, facts) => {
    const told = aQuestion(DECIDED[payload.status ?? ""] ?? "An approval has ended")(
      payload,
      facts,
    );
    return { ...told, details: told.details.slice(0, 1) };
  },
  "run.failed": aRun("A run failed"),
  "run.compensation_failed": aRun("What a run did could not be undone"),
  "dead_letter.added": ({ dead_letter_id, stage, reason }, { run, plan, step }) => ({
    headline: "A step failed for good",
    about: [run ?? plan, step],
    details: [`Stage: ${stage}`, `Reason: ${String(reason).replaceAll("_", " ")}`],
    path: `/dead-letters/${toId("deadLetter", dead_letter_id)}`,
  }),
  "schedule.missed": ({ schedule_id, outcome, count }) => ({
    headline: "A schedule began nothing",
    about: undefined,
    details: [`${count} ${outcome}`],
    path: `/schedules/${toId("schedule", schedule_id)}`,
  }),
  // as with rules: the name stays with those who may see it
  "budget.exhausted": ({ budget_id, scope, measure, window, outcome }) => ({
    headline: "A budget is used up",
    about: undefined,
    details: [
      `${measure} of one ${scope}, ${window.replaceAll("_", " ")}`,
      `Outcome: ${outcome.replaceAll("_", " ")}`,
    ],
    path: `/budgets/${toId("budget", budget_id)}`,
  }),
  "webhook.disabled": ({ webhook_id, reason }) => ({
    headline: "A webhook was disabled",
    about: undefined,
    details: [`Reason: ${reason.replaceAll("_", " ")}`],
    path: `/webhooks/${toId("webhook", webhook_id)}`,
  }),
};

const unique = (text: string | undefined, i: number, all: readonly (string | undefined)[]) =>
  all.indexOf(text) === i;

function clip(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const letters = Array.from(line);
  return letters.length <= MAX_ABOUT ? line : `${letters.slice(0, MAX_ABOUT - 1).join("")}…`;
}
