import { z } from "zod";
import {
  BOARD,
  covers,
  exactness,
  isReplyChannel,
  SUPERVISORS,
  ChannelPattern,
} from "./channel-name.ts";
import type { AddressKind } from "./address.ts";

export const BusVerb = z.enum(["send", "read"]);
export type BusVerb = z.infer<typeof BusVerb>;

/** The beginning of types of messages, whole segments of it: `x.orders` covers `x.orders.refunded`. Empty covers all. */
export const TypePrefix = z
  .string()
  .max(128)
  .regex(/^([a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*)?$/, "use segments of a-z 0-9 _ with dots between");

/** What a tenant says about channels: who may send or read there, and what. */
export const ChannelRule = z.strictObject({
  /** The raw uuid of an agent; null stands for every agent. */
  agentId: z.string().nullable(),
  channel: ChannelPattern,
  typePrefix: TypePrefix.default(""),
  verb: BusVerb,
  effect: z.enum(["allow", "deny"]),
});
export type ChannelRule = z.infer<typeof ChannelRule>;

/** Who sends or reads. What an agent is part of is read from the step that it holds. */
export type Principal =
  | {
      readonly type: "agent";
      readonly tenantId: string;
      readonly agentId: string;
      /** Undefined where it holds none, or names none. */
      readonly stepId?: string | undefined;
      readonly runId?: string | undefined;
      readonly sessionIds?: readonly string[] | undefined;
    }
  | { readonly type: "member"; readonly tenantId: string; readonly mayControl: boolean }
  | { readonly type: "system"; readonly tenantId: string };

/** What is addressed, as the database knows it. */
export interface Target {
  readonly tenantId: string;
  readonly kind: AddressKind;
  /** Of the tenant's own channels the tenant. */
  readonly id: string;
  readonly channel: string;
  /** Of a step and a session. */
  readonly runId?: string | undefined;
}

export type Refusal = "recipient_unknown" | "channel_forbidden";
export type Permitted =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: Refusal; readonly why: string };

const YES = { allowed: true } as const;
const no = (code: Refusal, why: string): Permitted => ({ allowed: false, code, why });

/**
 * Whether somebody may use a channel. What is of another tenant is not there. Then what holds for everybody: steps and runs are for the
 * agents at work on the run, sessions for their members, an agent's channels are read by itself alone, and nobody sends into another's
 * answers. Then the tenant's rules, the most exact that fits; of two that are as exact the one that denies. Without a rule it is allowed.
 */
export function mayUse(
  who: Principal,
  verb: BusVerb,
  target: Target,
  type: string | null,
  rules: readonly ChannelRule[],
): Permitted {
  if (who.tenantId !== target.tenantId) {
    return no("recipient_unknown", `there is no such ${target.kind} in this tenant`);
  }
  if (verb === "send" && isReplyChannel(target.channel)) {
    return no("channel_forbidden", "answers are sent as replies to a message");
  }
  if (who.type === "system") return YES;
  if (who.type === "member") {
    if (verb === "read" || who.mayControl) return YES;
    return no("channel_forbidden", "people who control runs send messages");
  }
  const outside = whyOutside(who, verb, target);
  if (outside !== undefined) return no("channel_forbidden", outside);
  const rule = ruleFor(who.agentId, verb, target.channel, type, rules);
  return rule?.effect === "deny"
    ? no("channel_forbidden", `the rule for ${rule.channel} denies it`)
    : YES;
}

type Agent = Extract<Principal, { type: "agent" }>;

function whyOutside(who: Agent, verb: BusVerb, target: Target): string | undefined {
  switch (target.kind) {
    case "tenant":
      return verb === "read" && target.channel === SUPERVISORS ? TO_PEOPLE : undefined;
    case "agent":
      return verb === "send" || target.id === who.agentId
        ? undefined
        : "an agent's channels are read by that agent alone";
    case "step":
      if (verb === "send") return who.runId === target.runId ? undefined : OTHER_RUN;
      return target.id === who.stepId
        ? undefined
        : "a step's mailbox is read by who holds the step";
    case "run":
      if (who.runId !== target.id) return OTHER_RUN;
      return verb === "read" && target.channel === SUPERVISORS ? TO_PEOPLE : undefined;
    case "session":
      return who.sessionIds?.includes(target.id) === true
        ? undefined
        : target.channel === BOARD
          ? "the board is for the members of its session"
          : "the channels of a session are for its members";
  }
}

const TO_PEOPLE = "what is told to supervisors is read by people";
const OTHER_RUN = "messages of a run stay with the agents that hold a step of it";

/** The rule that decides; undefined where none fits. */
export function ruleFor(
  agentId: string,
  verb: BusVerb,
  channel: string,
  type: string | null,
  rules: readonly ChannelRule[],
): ChannelRule | undefined {
  let best: ChannelRule | undefined;
  for (const rule of rules) {
    if (rule.verb !== verb || !covers(rule.channel, channel)) continue;
    if (rule.agentId !== null && rule.agentId !== agentId) continue;
    if (!hasPrefix(type, rule.typePrefix)) continue;
    if (best === undefined || beats(rule, best)) best = rule;
  }
  return best;
}

function hasPrefix(type: string | null, prefix: string): boolean {
  if (prefix === "") return true;
  return type !== null && (type === prefix || type.startsWith(`${prefix}.`));
}

/** The agent says most, then the channel, then the type. */
function beats(one: ChannelRule, other: ChannelRule): boolean {
  const weights = (rule: ChannelRule) => [
    rule.agentId === null ? 0 : 1,
    exactness(rule.channel),
    rule.typePrefix.length,
    rule.effect === "deny" ? 1 : 0,
  ];
  const [a, b] = [weights(one), weights(other)];
  for (const [i, weight] of a.entries()) {
    const against = b[i] ?? 0;
    if (weight !== against) return weight > against;
  }
  return false;
}
