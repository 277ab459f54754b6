import type { z } from "zod";
import type { ErrorCode } from "../errors/codes.ts";
import { ArtifactId, MessageId, StepId } from "../vocabulary/ids.ts";
import type { AgentScope } from "../vocabulary/agents.ts";
import { Capability, ToolName } from "../vocabulary/steps.ts";
import {
  BoardRequest,
  BoardResponse,
  MessageRequest,
  MessageResponse,
  ReadRequest,
  ReadResponse,
  RegisterTypeRequest,
  RegisterTypeResponse,
  ReplyRequest,
  SendRequest,
  SendResponse,
} from "./agent-messages.ts";
import {
  AgentIdentity,
  AgentScaleView,
  DescribeRequest,
  DescribeResponse,
  IntroduceRequest,
  IntroduceResponse,
  TokenRequest,
  TokenResponse,
} from "./agents.ts";
import { ApprovalAnswer, ApprovalRequest } from "./approvals.ts";
import {
  ArtifactCompleteRequest,
  ArtifactRequest,
  ArtifactUpload,
  StoredArtifact,
} from "./artifacts.ts";
import { CheckpointRequest, CheckpointResponse } from "./checkpoints.ts";
import { SpawnRequest, SpawnResponse } from "./children.ts";
import { EmitRequest, EmitResponse } from "./events.ts";
import { LogRequest, LogResponse } from "./logs.ts";
import { CompleteRequest, FailRequest, ReleaseRequest, SettleResponse } from "./settle.ts";
import {
  ClaimRequest,
  ClaimResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  HeartbeatsRequest,
  HeartbeatsResponse,
} from "./steps.ts";
import { ToolBegun, ToolBeginRequest, ToolEnded, ToolEndRequest } from "./tools.ts";
import { WaitRequest, WaitResponse } from "./waits.ts";

export const AGENT_API_BASE = "/api/agent/v1";

/** Every POST carries one; a client makes it once per call and sends the same one on its retries. */
export const IDEMPOTENCY_KEY_HEADER = "idempotency-key";

/** One endpoint. Every success is a 200 with `response`; every error is a problem with a stable code. */
export interface AgentRoute {
  readonly method: "GET" | "POST";
  /** Below AGENT_API_BASE, with `{name}` for each parameter in `PATH_PARAMS`. */
  readonly path: string;
  readonly request: z.ZodType | undefined;
  readonly response: z.ZodType;
  /** What the key or token has to be for; null where any will do. Without it: 403 `scope_missing`. */
  readonly scope: AgentScope | null;
  /** Codes this endpoint answers with, beside those in COMMON_ERRORS. */
  readonly errors: readonly ErrorCode[];
}

const FENCED = ["not_found", "lease_lost"] as const;
const BUS = [
  "recipient_unknown",
  "channel_forbidden",
  "message_type_unknown",
  "message_invalid",
] as const;

/**
 * The whole agent API: server, client and documents are driven by this table. Beyond the schemas it promises:
 * - A POST repeated with its key is done once and answered as the first time.
 * - A claim whose caller has gone gives back what it had just taken.
 * - A step whose cancel was requested ends `cancelled` when it is released or its lease runs out.
 * - A pending approval or wait ends the lease; after the decision the step is claimed anew under a higher epoch.
 * - An artifact announced again under a name replaces the earlier one when it is complete.
 */
export const AGENT_ROUTES = {
  whoAmI: {
    method: "GET",
    path: "/agent",
    request: undefined,
    response: AgentIdentity,
    scope: null,
    errors: [],
  },
  introduce: {
    method: "POST",
    path: "/agent/introduce",
    request: IntroduceRequest,
    response: IntroduceResponse,
    scope: "steps:run",
    errors: ["conflict"],
  },
  token: {
    method: "POST",
    path: "/token",
    request: TokenRequest,
    response: TokenResponse,
    scope: null,
    errors: [],
  },
  describe: {
    method: "POST",
    path: "/agent/card",
    request: DescribeRequest,
    response: DescribeResponse,
    scope: "agents:write",
    errors: [],
  },
  demand: {
    method: "GET",
    path: "/demand/{capability}",
    request: undefined,
    response: AgentScaleView,
    scope: "agents:read",
    errors: [],
  },
  claim: {
    method: "POST",
    path: "/steps/claim",
    request: ClaimRequest,
    response: ClaimResponse,
    scope: "steps:run",
    errors: [],
  },
  heartbeats: {
    method: "POST",
    path: "/steps/heartbeat",
    request: HeartbeatsRequest,
    response: HeartbeatsResponse,
    scope: "steps:run",
    errors: [],
  },
  heartbeat: {
    method: "POST",
    path: "/steps/{stepId}/heartbeat",
    request: HeartbeatRequest,
    response: HeartbeatResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  checkpoint: {
    method: "POST",
    path: "/steps/{stepId}/checkpoints",
    request: CheckpointRequest,
    response: CheckpointResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  approval: {
    method: "POST",
    path: "/steps/{stepId}/approvals",
    request: ApprovalRequest,
    response: ApprovalAnswer,
    scope: "steps:run",
    errors: [...FENCED, "conflict"],
  },
  toolBegin: {
    method: "POST",
    path: "/steps/{stepId}/tools/{tool}/begin",
    request: ToolBeginRequest,
    response: ToolBegun,
    scope: "steps:run",
    errors: [...FENCED, "approval_required", "conflict"],
  },
  toolEnd: {
    method: "POST",
    path: "/steps/{stepId}/tools/{tool}/end",
    request: ToolEndRequest,
    response: ToolEnded,
    scope: "steps:run",
    errors: FENCED,
  },
  wait: {
    method: "POST",
    path: "/steps/{stepId}/waits",
    request: WaitRequest,
    response: WaitResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  spawn: {
    method: "POST",
    path: "/steps/{stepId}/children",
    request: SpawnRequest,
    response: SpawnResponse,
    scope: "steps:run",
    errors: [...FENCED, "conflict", "input_mismatch", "quota_exceeded"],
  },
  emit: {
    method: "POST",
    path: "/steps/{stepId}/events",
    request: EmitRequest,
    response: EmitResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  message: {
    method: "POST",
    path: "/steps/{stepId}/messages",
    request: MessageRequest,
    response: MessageResponse,
    scope: "messages:write",
    errors: [...FENCED, "conflict", "recipient_unknown", "channel_forbidden"],
  },
  send: {
    method: "POST",
    path: "/messages",
    request: SendRequest,
    response: SendResponse,
    scope: "messages:write",
    errors: [...FENCED, ...BUS, "conflict", "board_conflict"],
  },
  reply: {
    method: "POST",
    path: "/messages/{messageId}/reply",
    request: ReplyRequest,
    response: SendResponse,
    scope: "messages:write",
    errors: [...FENCED, ...BUS, "conflict"],
  },
  read: {
    method: "POST",
    path: "/messages/read",
    request: ReadRequest,
    response: ReadResponse,
    scope: "messages:read",
    errors: [...FENCED, "recipient_unknown", "channel_forbidden"],
  },
  board: {
    method: "POST",
    path: "/messages/board",
    request: BoardRequest,
    response: BoardResponse,
    scope: "messages:read",
    errors: [...FENCED, "recipient_unknown", "channel_forbidden"],
  },
  messageType: {
    method: "POST",
    path: "/messages/types",
    request: RegisterTypeRequest,
    response: RegisterTypeResponse,
    scope: "messages:write",
    errors: [],
  },
  artifact: {
    method: "POST",
    path: "/steps/{stepId}/artifacts",
    request: ArtifactRequest,
    response: ArtifactUpload,
    scope: "artifacts:write",
    errors: [...FENCED, "payload_too_large"],
  },
  artifactComplete: {
    method: "POST",
    path: "/steps/{stepId}/artifacts/{artifactId}/complete",
    request: ArtifactCompleteRequest,
    response: StoredArtifact,
    scope: "artifacts:write",
    errors: [...FENCED, "upload_missing"],
  },
  logs: {
    method: "POST",
    path: "/steps/{stepId}/logs",
    request: LogRequest,
    response: LogResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  complete: {
    method: "POST",
    path: "/steps/{stepId}/complete",
    request: CompleteRequest,
    response: SettleResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  fail: {
    method: "POST",
    path: "/steps/{stepId}/fail",
    request: FailRequest,
    response: SettleResponse,
    scope: "steps:run",
    errors: FENCED,
  },
  release: {
    method: "POST",
    path: "/steps/{stepId}/release",
    request: ReleaseRequest,
    response: SettleResponse,
    scope: "steps:run",
    errors: FENCED,
  },
} as const satisfies Record<string, AgentRoute>;

export type AgentRoutes = typeof AGENT_ROUTES;
export type AgentRouteName = keyof AgentRoutes;

export type AgentRequest<N extends AgentRouteName> = AgentRoutes[N]["request"] extends z.ZodType
  ? z.infer<AgentRoutes[N]["request"]>
  : undefined;
export type AgentResponse<N extends AgentRouteName> = z.infer<AgentRoutes[N]["response"]>;

/** Codes every endpoint may answer with. */
export const COMMON_ERRORS = [
  "invalid_input",
  "invalid_json",
  "payload_too_large",
  "unsupported_media_type",
  "idempotency_key_required",
  "idempotency_key_invalid",
  "idempotency_key_reused",
  "idempotency_in_flight",
  "unauthenticated",
  "forbidden",
  "scope_missing",
  "method_not_allowed",
  "rate_limited",
  "unavailable",
  "internal",
] as const satisfies readonly ErrorCode[];

/** The schema of each parameter in a path. */
export const PATH_PARAMS = {
  stepId: StepId,
  artifactId: ArtifactId,
  tool: ToolName,
  messageId: MessageId,
  capability: Capability,
} as const;

type ParamOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamOf<Rest>
  : never;
export type AgentParams<N extends AgentRouteName> = Record<ParamOf<AgentRoutes[N]["path"]>, string>;

const PARAM = /\{(\w+)\}/g;

/** `agentPath("heartbeat", { stepId })` → `/api/agent/v1/steps/step_…/heartbeat`. */
export function agentPath<N extends AgentRouteName>(name: N, params: AgentParams<N>): string {
  const values: Record<string, string> = params;
  const path = AGENT_ROUTES[name].path.replace(PARAM, (_, key: string) =>
    encodeURIComponent(values[key] ?? ""),
  );
  return `${AGENT_API_BASE}${path}`;
}

export type AgentRouteMatch =
  | { found: true; name: AgentRouteName; params: Record<string, string> }
  | { found: false; code: "not_found" | "method_not_allowed" };

const PATTERNS = (Object.keys(AGENT_ROUTES) as AgentRouteName[]).map((name) => ({
  name,
  method: AGENT_ROUTES[name].method,
  pattern: new RegExp(`^${AGENT_ROUTES[name].path.replace(PARAM, "(?<$1>[^/]+)")}$`),
}));

/** Which endpoint a request is for. Parameters come as they stand in the path: check them with PATH_PARAMS. */
export function matchAgentRoute(method: string, pathname: string): AgentRouteMatch {
  if (!pathname.startsWith(`${AGENT_API_BASE}/`)) return { found: false, code: "not_found" };
  const path = pathname.slice(AGENT_API_BASE.length);
  let known = false;
  for (const { name, method: wanted, pattern } of PATTERNS) {
    const match = pattern.exec(path);
    if (!match) continue;
    if (wanted === method) return { found: true, name, params: { ...match.groups } };
    known = true;
  }
  return { found: false, code: known ? "method_not_allowed" : "not_found" };
}
