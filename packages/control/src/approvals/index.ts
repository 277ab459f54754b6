export { decideApproval } from "./decide.ts";
export { getApproval, listApprovals } from "./list.ts";
