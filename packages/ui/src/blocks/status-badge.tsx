import type {
  ApprovalStatus,
  AttemptOutcome,
  DeadLetterStatus,
  Hold,
  PlanStatus,
  RunStatus,
  StepStatus,
  UndoStatus,
  Verdict,
} from "@nofx/core/vocabulary";
import { cn } from "../cn.ts";
import { Badge } from "../primitives/badge.tsx";
import {
  APPROVAL_STATUS,
  ATTEMPT_OUTCOME,
  DEAD_LETTER_STATUS,
  PLAN_STATUS,
  RUN_STATUS,
  type StatusLook,
  stepLook,
  TONE_TEXT,
  UNDO_STATUS,
  UNKNOWN_STATUS,
  VERDICT,
} from "../tokens/status.ts";

export type StatusOf =
  | { of: "step"; status: StepStatus; holds?: readonly Hold[] }
  | { of: "run"; status: RunStatus }
  | { of: "plan"; status: PlanStatus }
  | { of: "approval"; status: ApprovalStatus }
  | { of: "attempt"; status: AttemptOutcome }
  | { of: "undo"; status: UndoStatus }
  | { of: "dead letter"; status: DeadLetterStatus };

export function lookOf(subject: StatusOf): StatusLook {
  switch (subject.of) {
    case "step":
      return stepLook(subject.status, subject.holds ?? []) ?? UNKNOWN_STATUS;
    case "run":
      return RUN_STATUS[subject.status] ?? UNKNOWN_STATUS;
    case "plan":
      return PLAN_STATUS[subject.status] ?? UNKNOWN_STATUS;
    case "approval":
      return APPROVAL_STATUS[subject.status] ?? UNKNOWN_STATUS;
    case "attempt":
      return ATTEMPT_OUTCOME[subject.status] ?? UNKNOWN_STATUS;
    case "undo":
      return UNDO_STATUS[subject.status] ?? UNKNOWN_STATUS;
    case "dead letter":
      return DEAD_LETTER_STATUS[subject.status] ?? UNKNOWN_STATUS;
  }
}

/** A status as colour, icon and word. */
export function StatusBadge({ className, ...subject }: StatusOf & { className?: string }) {
  return <LookBadge look={lookOf(subject)} {...(className === undefined ? {} : { className })} />;
}

export function LookBadge({ look, className }: { look: StatusLook; className?: string }) {
  const Icon = look.icon;
  return (
    <Badge tone={look.tone} className={cn(className)}>
      <Icon
        aria-hidden
        className={cn(look.label === "Running" && "animate-spin [animation-duration:2.4s]")}
      />
      {look.label}
    </Badge>
  );
}

/** Icon alone, with its word for those who cannot see it. For places where the word stands beside it. */
export function StatusIcon({ look, className }: { look: StatusLook; className?: string }) {
  const Icon = look.icon;
  return (
    <Icon
      role="img"
      aria-label={look.label}
      className={cn("size-4 shrink-0", TONE_TEXT[look.tone], className)}
    />
  );
}

export function VerdictBadge({ verdict, className }: { verdict: Verdict; className?: string }) {
  return (
    <LookBadge
      look={VERDICT[verdict] ?? UNKNOWN_STATUS}
      {...(className === undefined ? {} : { className })}
    />
  );
}
