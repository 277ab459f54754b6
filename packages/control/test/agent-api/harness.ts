import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { ClaimedStep } from "@nofx/core/contract";
import type pg from "pg";
import { createPool } from "@nofx/db/client";
import {
  seedAgent,
  seedRun,
  seedTenant,
  startTestStack,
  type SeededAgent,
  type StepDraft,
} from "@nofx/db/testing";
import { createPlane, type Plane } from "@nofx/control/command";
import { handleAgentRequest, type AgentApiOptions } from "@nofx/control/http";

export interface Answer {
  status: number;
  body: Record<string, unknown> & { code?: string; steps?: ClaimedStep[] };
  headers: Headers;
}

export interface TestAgent extends SeededAgent {
  key: string;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, options?: PostOptions): Promise<Answer>;
  claim(
    capabilities?: string[],
    more?: Record<string, unknown>,
    options?: PostOptions,
  ): Promise<Answer>;
}

export interface PostOptions {
  idempotencyKey?: string | null;
  signal?: AbortSignal;
  api?: AgentApiOptions;
}

export interface AgentApi {
  readonly plane: Plane;
  readonly owner: pg.Pool;
  readonly databaseUrl: (role: string) => string;
  agent(tenantId: string, capabilities?: string[]): Promise<TestAgent>;
  tenant(): Promise<string>;
  run(tenantId: string, steps: StepDraft[]): ReturnType<typeof seedRun>;
  send(request: Request, options?: AgentApiOptions): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const BASE = "http://plane.test/api/agent/v1";

export async function startAgentApi(): Promise<AgentApi> {
  const stack = await startTestStack();
  const databaseUrl = (role: string) => stack.database.url(role);
  const owner = createPool({ connectionString: databaseUrl("postgres"), applicationName: "test" });
  const plane = createPlane(
    {
      DATABASE_URL: databaseUrl("nofx_agent_gateway"),
      SUPABASE_URL: stack.gatewayUrl,
      SUPABASE_ANON_KEY: stack.keys.publishableKey,
      SUPABASE_JWT_SECRET: stack.keys.jwtSecret,
    },
    { applicationName: "agent-api" },
  );
  const send = async (request: Request, options: AgentApiOptions = {}): Promise<Answer> => {
    const response = await handleAgentRequest(plane, request, options);
    return {
      status: response.status,
      body: (await response.json()) as Answer["body"],
      headers: response.headers,
    };
  };
  return {
    plane,
    owner,
    databaseUrl,
    send,
    tenant: async () => (await seedTenant(owner)).id,
    run: (tenantId, steps) => seedRun(owner, tenantId, steps),
    agent: async (tenantId, capabilities = ["test.work"]) => {
      const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
      const keySha256 = createHash("sha256").update(key).digest("hex");
      const agent = await seedAgent(owner, tenantId, { capabilities, keySha256 });
      const authorization = `Bearer ${key}`;
      const post: TestAgent["post"] = (path, body, options = {}) => {
        const { idempotencyKey = randomUUID(), signal, api } = options;
        return send(
          new Request(`${BASE}${path}`, {
            method: "POST",
            headers: {
              authorization,
              "content-type": "application/json",
              ...(idempotencyKey === null ? {} : { "idempotency-key": idempotencyKey }),
            },
            body: typeof body === "string" ? body : JSON.stringify(body),
            ...(signal === undefined ? {} : { signal }),
          }),
          api,
        );
      };
      return {
        ...agent,
        key,
        post,
        get: (path) => send(new Request(`${BASE}${path}`, { headers: { authorization } })),
        claim: (wanted = capabilities, more = {}, options = {}) =>
          post(
            "/steps/claim",
            { capabilities: wanted, max: 10, waitSeconds: 0, worker: "test", ...more },
            options,
          ),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await plane.close();
      await owner.end();
      await stack.stop();
    },
  };
}

export const agentStep = (name: string, more: Partial<StepDraft> = {}): StepDraft => ({
  name,
  kind: "agent",
  arguments: { capability: more.capability ?? "test.work", input: { n: 1 } },
  ...more,
});
