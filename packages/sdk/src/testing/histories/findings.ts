/** Why code does not go on with a recorded step, or goes on otherwise. */
export type FindingCode =
  /** No task of this code takes the step. */
  | "capability_gone"
  /** The schema of the task refuses the input that is stored. */
  | "input_refused"
  /** The schema of the task refuses an output that is stored, and that others may still read. */
  | "output_refused"
  /** A stored result that this code does not ask for, as far as it can be followed: its effect would be done again under another name. */
  | "checkpoint_missing"
  /** The same of a question to people, and of something that the step is held for. */
  | "approval_missing"
  | "wait_missing"
  /** The question of that name is put in other words or about other arguments: people would be asked again. */
  | "approval_changed"
  /** The wait of that name waits for something else. */
  | "wait_changed"
  /** The child of that name is for another capability, or is given another input. */
  | "child_changed"
  /** The code fails on what is stored. */
  | "handler_failed"
  /** Of a run that has ended: this code asks for something under a name that the recording does not have. */
  | "name_new"
  /** Of a run that has ended: another end than the recorded one. */
  | "end_changed";

/** What becomes of a live run under the new code. */
export type Verdict = "continues" | "needs_migration" | "must_stay_pinned";

export interface Finding {
  readonly code: FindingCode;
  readonly step: string;
  /** The checkpoint, question, wait, child or message. */
  readonly name: string | null;
  readonly detail: string;
}

/**
 * What helps. Stored data can be changed so that the new code takes it: a migration. What the new code no longer asks for by name cannot:
 * the run stays on the code that began it.
 */
export const VERDICT_OF: Record<FindingCode, Exclude<Verdict, "continues">> = {
  capability_gone: "must_stay_pinned",
  input_refused: "needs_migration",
  output_refused: "needs_migration",
  checkpoint_missing: "must_stay_pinned",
  approval_missing: "must_stay_pinned",
  wait_missing: "must_stay_pinned",
  approval_changed: "must_stay_pinned",
  wait_changed: "must_stay_pinned",
  child_changed: "must_stay_pinned",
  handler_failed: "needs_migration",
  name_new: "must_stay_pinned",
  end_changed: "must_stay_pinned",
};

export function verdictOf(findings: readonly Finding[]): Verdict {
  const verdicts = findings.map(({ code }) => VERDICT_OF[code]);
  if (verdicts.includes("must_stay_pinned")) return "must_stay_pinned";
  return verdicts.length > 0 ? "needs_migration" : "continues";
}
