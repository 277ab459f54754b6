import type { ApprovalView } from "@nofx/core/api";

export interface Consequences {
  yes: string;
  no: string;
  silence: string;
}

/** What follows from a yes, from a no and from nobody answering: told before, not found out after. */
export function consequencesOf(
  approval: Pick<ApprovalView, "subject" | "stepName" | "runId">,
): Consequences {
  const step = approval.stepName === null ? "The step" : `Step ${approval.stepName}`;
  switch (approval.subject) {
    case "plan":
      return {
        yes: "The plan may be executed. Nothing runs before somebody does that.",
        no: "The plan is cancelled. The backlog has to change and be planned again.",
        silence: "The plan stays as it is and cannot be executed.",
      };
    case "plan_step":
      return {
        yes: `${step} runs exactly as shown, once, when the steps it needs are done.`,
        no: `${step} does not run, and neither does what needs it.`,
        silence: `Silence is a no: ${approval.stepName ?? "the step"} does not run.`,
      };
    case "tool":
      return {
        yes: `${step} uses the tool exactly as shown, once.`,
        no: `${step} is told no, with your reason: the tool is not used.`,
        silence: `Silence is a no: the tool is not used, and ${approval.stepName ?? "the step"} is told so.`,
      };
    case "override":
      return {
        yes: "The verdict is overridden, for as long as it was asked for.",
        no: "The verdict stands.",
        silence: "The verdict stands, because nobody answered.",
      };
    case "budget":
      return {
        yes: "So much more may be used, in this window of the budget alone.",
        no: "The budget stays as it is: what asks for more in this window is stopped.",
        silence: "The budget stays as it is; whoever needs more asks anew.",
      };
    case "redaction":
      return {
        yes: "What was said is destroyed, for good, although it is held.",
        no: "It stays as it is.",
        silence: "It stays as it is; whoever wants it gone asks anew.",
      };
    case "step":
      return {
        yes: `${step} goes on with your yes.`,
        no: `${step} is told no, with your reason, and decides what follows.`,
        silence: `${step} is told that nobody answered in time.`,
      };
  }
}
