import type {
  AgentStatus,
  ApprovalStatus,
  AttemptOutcome,
  DeadLetterReason,
  DeadLetterStage,
  DeadLetterStatus,
  GateKind,
  Hold,
  PlanStatus,
  RunStatus,
  StepStatus,
  UndoStatus,
  Verdict,
} from "@nofx/core/vocabulary";
import {
  Archive,
  Ban,
  Bell,
  CheckCheck,
  CalendarClock,
  CheckCircle2,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleSlash,
  Clock,
  GitBranch,
  Gauge,
  Hand,
  HandCoins,
  Inbox,
  Layers,
  Link2,
  Loader,
  type LucideIcon,
  Mail,
  MoonStar,
  Power,
  RotateCw,
  Trash2,
  NotebookPen,
  OctagonX,
  ShieldAlert,
  ShieldCheck,
  ShieldX,
  TimerOff,
  Unplug,
  Undo2,
  UserRound,
  XCircle,
} from "lucide-react";

/**
 * The single map from a status to what people see. A status is colour and icon and word, in every place; waiting has
 * a tone of its own and never the one of failing.
 */
export type Tone = "neutral" | "active" | "good" | "warn" | "bad" | "wait" | "ended";

export interface StatusLook {
  label: string;
  tone: Tone;
  icon: LucideIcon;
}

export const STEP_STATUS: Record<StepStatus, StatusLook> = {
  queued: { label: "Queued", tone: "neutral", icon: CircleDashed },
  assigned: { label: "Assigned", tone: "active", icon: CircleDot },
  running: { label: "Running", tone: "active", icon: Loader },
  succeeded: { label: "Succeeded", tone: "good", icon: CheckCircle2 },
  failed: { label: "Failed", tone: "bad", icon: XCircle },
  cancelled: { label: "Cancelled", tone: "ended", icon: Ban },
};

export const RUN_STATUS: Record<RunStatus, StatusLook> = {
  queued: { label: "Queued", tone: "neutral", icon: CircleDashed },
  running: { label: "Running", tone: "active", icon: Loader },
  succeeded: { label: "Succeeded", tone: "good", icon: CheckCircle2 },
  failed: { label: "Failed", tone: "bad", icon: XCircle },
  cancelled: { label: "Cancelled", tone: "ended", icon: Ban },
};

export const PLAN_STATUS: Record<PlanStatus, StatusLook> = {
  ready: { label: "Ready for approval", tone: "wait", icon: Hand },
  blocked: { label: "Blocked by a gate", tone: "bad", icon: OctagonX },
  approved: { label: "Approved", tone: "good", icon: CheckCircle2 },
  superseded: { label: "Superseded", tone: "ended", icon: Layers },
  cancelled: { label: "Cancelled", tone: "ended", icon: Ban },
};

export const APPROVAL_STATUS: Record<ApprovalStatus, StatusLook> = {
  pending: { label: "Waiting for a decision", tone: "wait", icon: Hand },
  approved: { label: "Approved", tone: "good", icon: CheckCircle2 },
  rejected: { label: "Rejected", tone: "bad", icon: XCircle },
  expired: { label: "Expired", tone: "ended", icon: TimerOff },
  cancelled: { label: "Cancelled", tone: "ended", icon: Ban },
  superseded: { label: "Superseded", tone: "ended", icon: Layers },
};

export const VERDICT: Record<Verdict, StatusLook> = {
  allow: { label: "Allow", tone: "good", icon: ShieldCheck },
  warn: { label: "Warn", tone: "warn", icon: ShieldAlert },
  block: { label: "Block", tone: "bad", icon: ShieldX },
};

export const ATTEMPT_OUTCOME: Record<AttemptOutcome, StatusLook> = {
  succeeded: { label: "Succeeded", tone: "good", icon: CheckCircle2 },
  failed: { label: "Failed", tone: "bad", icon: XCircle },
  released: { label: "Handed back", tone: "neutral", icon: Undo2 },
  suspended: { label: "Suspended", tone: "wait", icon: CirclePause },
  lost: { label: "Lease lost", tone: "warn", icon: Unplug },
  cancelled: { label: "Cancelled", tone: "ended", icon: Ban },
};

export interface HoldLook extends StatusLook {
  sentence: string;
}

export const HOLD: Record<Hold, HoldLook> = {
  dependency: {
    label: "Waits for steps",
    tone: "wait",
    icon: Link2,
    sentence: "Waiting for the steps it needs.",
  },
  approval: {
    label: "Waits for approval",
    tone: "wait",
    icon: Hand,
    sentence: "Waiting for somebody to approve it.",
  },
  children: {
    label: "Waits for children",
    tone: "wait",
    icon: GitBranch,
    sentence: "Waiting for the steps it started.",
  },
  timer: {
    label: "Waits for its time",
    tone: "wait",
    icon: CalendarClock,
    sentence: "Waiting for its time to come.",
  },
  event: {
    label: "Waits for an event",
    tone: "wait",
    icon: Bell,
    sentence: "Waiting for an event from outside.",
  },
  message: {
    label: "Waits for a message",
    tone: "wait",
    icon: Mail,
    sentence: "Waiting for a message.",
  },
  quota: {
    label: "Waits for quota",
    tone: "wait",
    icon: Gauge,
    sentence: "Waiting until a limit allows it.",
  },
  person: {
    label: "Waits for a person",
    tone: "wait",
    icon: UserRound,
    sentence: "Waiting for a person to do something.",
  },
  paused: {
    label: "Paused",
    tone: "wait",
    icon: CirclePause,
    sentence: "Paused by a person.",
  },
};

/** Where the undoing of one effect stands. */
export const UNDO_STATUS: Record<UndoStatus, StatusLook> = {
  registered: { label: "Can be undone", tone: "neutral", icon: Undo2 },
  undoing: { label: "Being undone", tone: "active", icon: Loader },
  undone: { label: "Undone", tone: "good", icon: CheckCheck },
  failed: { label: "Could not be undone", tone: "bad", icon: XCircle },
  accepted: { label: "Loss accepted", tone: "ended", icon: HandCoins },
};

/** A run whose effects are being taken back, or could not all be. */
export const RUN_UNDOING: StatusLook = { label: "Undoing", tone: "warn", icon: Undo2 };
export const RUN_UNDO_FAILED: StatusLook = {
  label: "Undo incomplete",
  tone: "bad",
  icon: OctagonX,
};
export const RUN_UNDONE: StatusLook = { label: "Undone", tone: "ended", icon: CheckCheck };
export const RUN_PAUSED: StatusLook = { label: "Paused", tone: "wait", icon: CirclePause };
/** Moved to the history: it reads as before, and comes back when something goes on from it. */
export const RUN_ARCHIVED: StatusLook = { label: "Archived", tone: "ended", icon: Archive };
export const RUN_CANCELLING: StatusLook = { label: "Cancelling", tone: "warn", icon: Ban };

/** An attempt that came back after its lease had gone to another. */
export const SETTLE_REFUSED: StatusLook = {
  label: "Late result refused",
  tone: "warn",
  icon: ShieldX,
};

export const DEAD_LETTER_STATUS: Record<DeadLetterStatus, StatusLook> = {
  new: { label: "New", tone: "bad", icon: Inbox },
  triaged: { label: "Looked at", tone: "warn", icon: NotebookPen },
  redriving: { label: "Tried again", tone: "active", icon: RotateCw },
  resolved: { label: "Resolved", tone: "good", icon: CheckCircle2 },
  discarded: { label: "Discarded", tone: "ended", icon: Trash2 },
};

/** How far a step had come when it failed for good. */
export const DEAD_LETTER_STAGE: Record<DeadLetterStage, string> = {
  claim: "Nobody could take it",
  input: "Its arguments",
  execute: "At work",
  commit: "Storing its result",
  compensate: "Undoing",
};

/** Why, and what usually helps. */
export const DEAD_LETTER_REASON: Record<DeadLetterReason, { label: string; help: string }> = {
  invalid_input: {
    label: "Invalid arguments",
    help: "Trying again with the same arguments ends the same way: edit them.",
  },
  unknown_handler: {
    label: "No worker has code for it",
    help: "Start a worker that has this handler, then redrive.",
  },
  retries_exhausted: {
    label: "Retries used up",
    help: "Every attempt failed. Read what each said, and redrive once the cause is gone.",
  },
  deadline: {
    label: "Out of time",
    help: "It did not succeed before its deadline. A redrive begins a new one.",
  },
  poison_crash: {
    label: "Its executors died",
    help: "Whoever took it was lost each time. Look for what kills the process before a redrive.",
  },
  non_deterministic: {
    label: "Took another way than before",
    help: "Its code asks for other checkpoints than it did. Redrive on the version that began it.",
  },
  compensation_failed: {
    label: "Could not be undone",
    help: "The effect is still there. Redrive the undo, or take the effect back by hand and say how.",
  },
  unclassified: {
    label: "Unknown error",
    help: "Nothing says whether trying again helps. Read the attempts first.",
  },
};

export type WorkerState = "active" | "draining" | "silent" | "stopped";

export const WORKER_STATUS: Record<WorkerState, StatusLook> = {
  active: { label: "Active", tone: "good", icon: CircleDot },
  draining: { label: "Draining", tone: "wait", icon: MoonStar },
  silent: { label: "Not heard of", tone: "bad", icon: Unplug },
  stopped: { label: "Stopped", tone: "ended", icon: Power },
};

export const AGENT_STATUS: Record<AgentStatus, StatusLook> = {
  active: { label: "Active", tone: "good", icon: CircleDot },
  draining: { label: "Draining", tone: "wait", icon: MoonStar },
  quarantined: { label: "Quarantined", tone: "bad", icon: ShieldX },
  retired: { label: "Retired", tone: "ended", icon: Archive },
};

export const GATE: Record<GateKind, { label: string; question: string }> = {
  structural: { label: "Structure", question: "Does the graph hold together?" },
  risk: { label: "Risk", question: "Is anything dangerous without a safeguard?" },
  compliance: { label: "Compliance", question: "Do the rules of the house allow it?" },
  resource: { label: "Resources", question: "Is there enough to run it?" },
};

/** A queued step that something holds is shown as waiting, with the first hold's word and icon. */
export function stepLook(status: StepStatus, holds: readonly Hold[]): StatusLook {
  const hold = holds[0];
  return status === "queued" && hold !== undefined ? HOLD[hold] : STEP_STATUS[status];
}

/** What stands for something we have no word for: shown, never hidden. */
export const UNKNOWN_STATUS: StatusLook = { label: "Unknown", tone: "neutral", icon: CircleSlash };

/** A run with work left that nobody is at. */
export const RUN_WAITING: StatusLook = { label: "Waiting", tone: "wait", icon: Clock };

export const TONE_BADGE: Record<Tone, string> = {
  neutral: "bg-neutral-soft text-neutral",
  active: "bg-active-soft text-active",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  wait: "bg-wait-soft text-wait",
  ended: "bg-ended-soft text-ended",
};

export const TONE_TEXT: Record<Tone, string> = {
  neutral: "text-neutral",
  active: "text-active",
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  wait: "text-wait",
  ended: "text-ended",
};

export const TONE_BORDER: Record<Tone, string> = {
  neutral: "border-neutral/40",
  active: "border-active/60",
  good: "border-good/60",
  warn: "border-warn/60",
  bad: "border-bad/70",
  wait: "border-wait/60",
  ended: "border-ended/40",
};

export const TONE_FILL: Record<Tone, string> = {
  neutral: "bg-neutral",
  active: "bg-active",
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
  wait: "bg-wait",
  ended: "bg-ended",
};
