export type ApprovalsShown = "pending" | "closed" | "all";

/** Which approvals the address asks for; those that wait, unless it says otherwise. */
export function readApprovalsShown(read: (name: string) => string | undefined): ApprovalsShown {
  const asked = read("show");
  return asked === "closed" || asked === "all" ? asked : "pending";
}
