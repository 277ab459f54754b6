export { getSession } from "./get-session.ts";
export { resolveMember, type MemberRequest } from "./resolve.ts";
