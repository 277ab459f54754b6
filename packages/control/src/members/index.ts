export { getSession } from "./get-session.ts";
export { resolveMember, type MemberRequest } from "./resolve.ts";
export { createTokenVerifier, type Identity } from "./verify-token.ts";
