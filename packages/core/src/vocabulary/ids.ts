import { z } from "zod";

/**
 * Ids are uuid v7 in columns and carry a readable prefix at the boundary:
 * `run_` plus the uuid in Crockford base32 (26 characters, sorts like the uuid), as TypeID defines it.
 */
export const ID_PREFIXES = {
  tenant: "tenant",
  member: "member",
  agent: "agent",
  agentKey: "akey",
  backlogItem: "item",
  plan: "plan",
  planStep: "pstep",
  evaluation: "eval",
  approval: "approval",
  run: "run",
  step: "step",
  attempt: "attempt",
  artifact: "artifact",
  event: "event",
  message: "msg",
  auditEntry: "audit",
  upload: "upload",
  wait: "wait",
  externalEvent: "ext",
  compensation: "undo",
  deadLetter: "dead",
  redriveBatch: "redrive",
  rule: "rule",
  webhook: "hook",
  webhookDelivery: "delivery",
  inboundReceiver: "receiver",
  schedule: "schedule",
  override: "override",
  approvalGroup: "group",
  delegation: "delegation",
  comment: "comment",
  tool: "tool",
  toolRun: "use",
  comparison: "compare",
  budget: "budget",
  secureKey: "key",
  modelCall: "call",
  dispatchDecision: "dispatch",
  session: "session",
  conversation: "conv",
  redaction: "redaction",
  hold: "hold",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<K extends IdKind> = string & { readonly __id: K };

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `toId("run", "0192…")` → `run_01j…`. Throws RangeError on anything but a lower-case uuid. */
export function toId<K extends IdKind>(kind: K, uuid: string): Id<K> {
  if (!UUID.test(uuid)) throw new RangeError(`not a uuid: ${uuid}`);
  let text = "";
  // 128 bits in 26 characters of 5: two bits of nothing come first. In small numbers, as answers have a thousand ids
  let bits = 2;
  let rest = 0;
  for (let i = 0; i < 36; i++) {
    if (i === 8 || i === 13 || i === 18 || i === 23) continue;
    const code = uuid.charCodeAt(i);
    rest = (rest << 4) | (code < 58 ? code - 48 : code - 87);
    bits += 4;
    if (bits < 5) continue;
    bits -= 5;
    text += ALPHABET.charAt(rest >> bits);
    rest &= (1 << bits) - 1;
  }
  return `${ID_PREFIXES[kind]}_${text}` as Id<K>;
}

/** The uuid behind a prefixed id. Throws RangeError when the prefix or the encoding is wrong. */
export function toUuid<K extends IdKind>(kind: K, id: string): string {
  const uuid = tryUuid(kind, id);
  if (uuid === undefined) throw new RangeError(`not a ${kind} id: ${id}`);
  return uuid;
}

function tryUuid(kind: IdKind, id: string): string | undefined {
  const prefix = `${ID_PREFIXES[kind]}_`;
  if (!id.startsWith(prefix) || id.length !== prefix.length + 26) return undefined;
  let value = 0n;
  for (const char of id.slice(prefix.length)) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return undefined;
    value = (value << 5n) | BigInt(digit);
  }
  if (value >> 128n !== 0n) return undefined;
  const hex = value.toString(16).padStart(32, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The uuid behind an id of any kind; undefined for what is none. */
export function uuidOf(id: string): string | undefined {
  const kinds = Object.keys(ID_PREFIXES) as IdKind[];
  const kind = kinds.find((one) => id.startsWith(`${ID_PREFIXES[one]}_`));
  return kind === undefined ? undefined : tryUuid(kind, id);
}

/** A zod schema for one kind of id, as it appears in HTTP, messages and events. */
export function idSchema<K extends IdKind>(kind: K) {
  const prefix = ID_PREFIXES[kind];
  return z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`),
      `expected an id like ${prefix}_01j…`,
    )
    .meta({ description: `A ${kind} id`, example: `${prefix}_01ktm4q9h3e1q8m3v5x7z9b2c4` });
}

export const TenantId = idSchema("tenant");
export const OverrideId = idSchema("override");
export const AgentId = idSchema("agent");
export const AgentKeyId = idSchema("agentKey");
export const BacklogItemId = idSchema("backlogItem");
export const PlanId = idSchema("plan");
export const PlanStepId = idSchema("planStep");
export const ApprovalId = idSchema("approval");
export const RunId = idSchema("run");
export const StepId = idSchema("step");
export const RuleId = idSchema("rule");
export const ArtifactId = idSchema("artifact");
export const EventId = idSchema("event");
export const MessageId = idSchema("message");
export const ComparisonId = idSchema("comparison");
export const BudgetId = idSchema("budget");
export const ModelCallId = idSchema("modelCall");
export const UploadId = idSchema("upload");
export const CompensationId = idSchema("compensation");
export const DeadLetterId = idSchema("deadLetter");
export const RedriveBatchId = idSchema("redriveBatch");
export const WaitId = idSchema("wait");
export const ExternalEventId = idSchema("externalEvent");
export const WebhookId = idSchema("webhook");
export const WebhookDeliveryId = idSchema("webhookDelivery");
export const InboundReceiverId = idSchema("inboundReceiver");
export const ScheduleId = idSchema("schedule");
export const ApprovalGroupId = idSchema("approvalGroup");
export const DelegationId = idSchema("delegation");
export const CommentId = idSchema("comment");
export const ToolRunId = idSchema("toolRun");
export const DispatchDecisionId = idSchema("dispatchDecision");
export const SecureKeyId = idSchema("secureKey");
export const SessionId = idSchema("session");
export const ConversationId = idSchema("conversation");
export const RedactionId = idSchema("redaction");
export const HoldId = idSchema("hold");
