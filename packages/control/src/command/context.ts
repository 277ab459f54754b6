import type { AgentScope, AgentStatus, MemberRole } from "@nofx/core/vocabulary";
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

/** An agent, known by its key or by a token. */
export interface AgentContext extends RequestContext {
  readonly actor: { readonly type: "agent"; readonly id: string };
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly keyId: string;
  readonly by: "key" | "token";
  /** What that key or token is for. */
  readonly scopes: readonly AgentScope[];
  /** What the key is for: of a token, that which it was exchanged for. */
  readonly keyScopes: readonly string[];
  /** When it ends by itself, in milliseconds. */
  readonly expiresAt: number | null;
  /** As it was found, by a token up to a few seconds ago. */
  readonly status: AgentStatus;
  readonly statusBy: "person" | "breaker";
  readonly statusReason: string | null;
  readonly maxConcurrency: number | null;
}

export type CallerContext = MemberContext | AgentContext;
