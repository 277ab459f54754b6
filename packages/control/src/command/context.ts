import type { MemberRole } from "@nofx/core/vocabulary";
import type { Plane } from "./plane.ts";

/** Who asks, in which tenant, under which key and correlation. One a request. */
interface RequestContext {
  readonly plane: Plane;
  readonly tenantId: string;
  readonly idempotencyKey?: string | undefined;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Set by a command whose answer came from an earlier request with the same key. */
  replayed: boolean;
}

/** A person in a tenant. Ids are raw uuids; `tenantId` is one that the person is a member of. */
export interface MemberContext extends RequestContext {
  readonly actor: { readonly type: "member"; readonly id: string };
  readonly email: string;
  readonly name: string;
  readonly role: MemberRole;
}

/** An agent, known by its key. */
export interface AgentContext extends RequestContext {
  readonly actor: { readonly type: "agent"; readonly id: string };
  readonly name: string;
  readonly capabilities: readonly string[];
}

export type CallerContext = MemberContext | AgentContext;
