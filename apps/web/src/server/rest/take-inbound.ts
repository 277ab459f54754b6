import "server-only";
import { receiveDecision } from "@nofx/control/inbound";
import type { InboundAnswer } from "@nofx/core/api";
import { plane } from "../plane.ts";
import { readBody } from "../read-body.ts";

/** A decision is a few words. */
const MAX_BYTES = 64 * 1024;

interface Target {
  receiverId: string;
  approvalId?: string;
}

/**
 * Whom a signed message is for: `/inbound/{receiverId}`, or the address at which members decide, with the receiver in the query.
 * Undefined for anything else.
 */
export function inboundTarget(
  method: string,
  path: string,
  query: URLSearchParams,
): Target | undefined {
  if (method !== "POST") return undefined;
  const [, receiver] = /^\/inbound\/([^/]+)\/?$/.exec(path) ?? [];
  if (receiver !== undefined) return { receiverId: receiver };
  const [, approvalId] = /^\/approvals\/([^/]+)\/?$/.exec(path) ?? [];
  const receiverId = query.get("receiver");
  return approvalId === undefined || receiverId === null ? undefined : { receiverId, approvalId };
}

/** Nobody is signed in: what counts is the signature over the body as it came. */
export async function takeInbound(request: Request, target: Target): Promise<InboundAnswer> {
  const header = (name: string) => request.headers.get(`webhook-${name}`) ?? "";
  return receiveDecision(plane(), {
    ...target,
    id: header("id"),
    timestamp: header("timestamp"),
    signature: header("signature"),
    body: await readBody(request, MAX_BYTES),
  });
}
