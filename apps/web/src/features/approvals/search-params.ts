import type { ApprovalView } from "@nofx/core/api";

export type ApprovalsShown = "pending" | "closed" | "all";

export const SUBJECTS: readonly { value: ApprovalView["subject"]; label: string }[] = [
  { value: "plan", label: "Plans" },
  { value: "plan_step", label: "Steps of plans" },
  { value: "step", label: "Questions of agents" },
  { value: "tool", label: "Uses of tools" },
  { value: "override", label: "Overrides" },
  { value: "budget", label: "More of a budget" },
  { value: "redaction", label: "Redactions of what is held" },
];

export interface ApprovalsFilter {
  status: ApprovalsShown;
  subject?: ApprovalView["subject"];
  risk?: string;
  group?: string;
}

/** Which approvals the address asks for; those that wait, unless it says otherwise. */
export function readApprovalsFilter(read: (name: string) => string | undefined): ApprovalsFilter {
  const asked = read("show");
  const subject = SUBJECTS.find(({ value }) => value === read("about"))?.value;
  const risk = read("risk")?.trim().slice(0, 64);
  const group = read("group");
  return {
    status: asked === "closed" || asked === "all" ? asked : "pending",
    ...(subject === undefined ? {} : { subject }),
    ...(risk === undefined || risk === "" ? {} : { risk }),
    ...(group === undefined || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(group) ? {} : { group }),
  };
}

export function isFiltered({ subject, risk, group }: ApprovalsFilter): boolean {
  return subject !== undefined || risk !== undefined || group !== undefined;
}
