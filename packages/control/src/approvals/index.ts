export { listApprovalArtifacts } from "./artifacts.ts";
export { commentApproval } from "./comment.ts";
export { decideApproval } from "./decide.ts";
export { decideAsPrincipal, type Principal } from "./decide-as-principal.ts";
export { BATCH_PER_HOUR, decideMany } from "./decide-many.ts";
export { delegateApprovals, listApprovalDelegations, undelegateApprovals } from "./delegate.ts";
export {
  listApprovalGroups,
  putApprovalGroup,
  putApprovalRule,
  removeApprovalGroup,
} from "./groups.ts";
export { getApproval, listApprovals } from "./list.ts";
