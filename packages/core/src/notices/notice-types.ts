import type { EventType } from "../vocabulary/index.ts";

/** What people are told in Slack and by e-mail: what asks something of them, or went wrong. The rest is for programs. */
export const NOTICE_TYPES = [
  "plan.ready",
  "plan.blocked",
  "plan.approved",
  "gate.overridden",
  "gate_rule.changed",
  "approval.requested",
  "approval.reminded",
  "approval.escalated",
  "approval.decided",
  "run.failed",
  "run.compensation_failed",
  "dead_letter.added",
  "schedule.missed",
  "budget.exhausted",
  "webhook.disabled",
] as const satisfies readonly EventType[];
export type NoticeType = (typeof NOTICE_TYPES)[number];

export function isNoticeType(type: string): type is NoticeType {
  return (NOTICE_TYPES as readonly string[]).includes(type);
}
