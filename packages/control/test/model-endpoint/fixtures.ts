import { randomBytes, randomUUID } from "node:crypto";
import { createModelEndpoint, type EndpointOptions } from "@nofx/control/model-endpoint";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { createRouting } from "@nofx/control/routing";
import { HEALTH_OPTIONS, type HealthOptions } from "@nofx/core/model-router";
import { seedAgent } from "@nofx/db/testing";
import { putKey } from "@nofx/control/vault";
import { digestAgentKey } from "../../src/agents/agent-key.ts";
import { parseAllowedHosts } from "../../src/net/allowed-hosts.ts";
import { createProviderNetwork } from "../../src/model-router/providers/index.ts";
import { startFakeProvider, type FakeProvider } from "../../src/testing/fake-providers/index.ts";
import { givenKeks } from "../../src/vault/keks.ts";

type Kind = Parameters<typeof startFakeProvider>[0]["kind"];

export interface EndpointFixture extends AsyncDisposable {
  readonly test: TestPlane;
  readonly plane: TestPlane["plane"];
  readonly tenantId: string;
  readonly agentId: string;
  readonly agentKey: string;
  /** Everything that the endpoint has told of as an error. */
  readonly errors: unknown[];
  /** A provider of this tenant with one model `m`, its key in the vault, and a price of 1 and 2 dollars a million tokens. */
  provider(name: string, options?: ProviderOptions): Promise<FakeProvider & { key: string }>;
  /** The next version of a provider's key. */
  putKey(provider: string, secret: string): Promise<void>;
  policy(name: string, rules: unknown[], rest?: object): Promise<void>;
  settings(value: object): Promise<void>;
  /** Another endpoint, as another process would have it. */
  endpoint(options?: EndpointOptions): ReturnType<typeof createModelEndpoint>;
  /** Posts to the fixture's own endpoint, as the agent. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  calls(where?: string): Promise<CallRow[]>;
}

export interface ProviderOptions {
  kind?: Kind;
  quality?: number;
  models?: { name: string; capabilities: string[] }[];
  key?: string;
}

export interface CallRow {
  id: string;
  call_id: string;
  attempt: number;
  provider: string;
  model: string;
  status: string;
  error_code: string | null;
  cache: string;
  streamed: boolean;
  input_tokens: number | null;
  output_tokens: number | null;
  usage_estimated: boolean;
  cost_pico: number | null;
  finish_reason: string | null;
  run_id: string | null;
  step_id: string | null;
  agent_id: string | null;
  key_id: string | null;
  reservation_id: string | null;
  first_token_ms: number | null;
}

const ABILITIES = ["text", "json", "tools", "vision", "streaming"];

export async function endpointFixture(
  health: Partial<HealthOptions> = {},
): Promise<EndpointFixture> {
  const test = await createTestPlane();
  const { owner } = test;
  const tenant = await test.tenant();
  const agentKey = `nofx_ak_${randomBytes(32).toString("base64url")}`;
  const agent = await seedAgent(owner, tenant.id, {
    capabilities: ["test.work"],
    keySha256: digestAgentKey(agentKey),
  });
  const hosts = new Set<string>();
  const keks = givenKeks([{ kid: "test", k: randomBytes(32).toString("base64url") }]);
  const { db, clock, sha256, now } = test.plane;
  const providerNetwork = createProviderNetwork({ allowed: hosts, now });
  const routing = createRouting({ db, clock, sha256, options: { ...HEALTH_OPTIONS, ...health } });
  const plane = { ...test.plane, allowedHosts: hosts, keks, providerNetwork, routing };
  const admin = await tenant.as("admin");
  const errors: unknown[] = [];
  const providers: FakeProvider[] = [];
  const endpoint = (options: EndpointOptions = {}) =>
    createModelEndpoint(plane, { onError: (error) => errors.push(error), ...options });
  const own = endpoint();
  const putSecret = async (provider: string, secret: string) => {
    await putKey({ ...admin, plane, idempotencyKey: randomUUID() }, { provider, secret });
  };

  return {
    test,
    plane,
    tenantId: tenant.id,
    agentId: agent.id,
    agentKey,
    errors,
    endpoint,
    async provider(name, options = {}) {
      const { kind = "openai_compatible", quality = 0.5, key = newKey() } = options;
      const { models = [{ name: "m", capabilities: ABILITIES }] } = options;
      const fake = await startFakeProvider({ kind, key });
      providers.push(fake);
      for (const host of parseAllowedHosts(fake.host)) hosts.add(host);
      await owner.query(
        `insert into llm_providers (tenant_id, name, title, kind, base_url) values ($1, $2, $2, $3, $4)`,
        [tenant.id, name, kind, fake.baseUrl],
      );
      for (const model of models) {
        await owner.query(
          `insert into llm_models (tenant_id, provider, name, title, capabilities, quality) values ($1, $2, $3, $3, $4, $5)`,
          [tenant.id, name, model.name, model.capabilities, quality],
        );
        await owner.query(
          `insert into llm_prices (tenant_id, provider, model, effective_from, input, output, source)
           values ($1, $2, $3, '2020-01-01', 1000000, 2000000, 'test')`,
          [tenant.id, name, model.name],
        );
      }
      await putSecret(name, key);
      plane.routing.changed(tenant.id);
      return Object.assign(fake, { key });
    },
    putKey: putSecret,
    async policy(name, rules, rest = {}) {
      await owner.query(
        `insert into routing_policies (tenant_id, name, version, body, note, created_by_name) values ($1, $2, 1, $3, 'test', 'test')`,
        [tenant.id, name, JSON.stringify({ engine: "v2", rules, ...rest })],
      );
      plane.routing.changed(tenant.id);
    },
    async settings(value) {
      await owner.query(
        `insert into tenant_settings (tenant_id, key, value) values ($1, 'model_endpoint', $2)
         on conflict (tenant_id, key) do update set value = excluded.value`,
        [tenant.id, JSON.stringify(value)],
      );
    },
    post: (path, body, headers = {}) => own.handle(post(path, body, { agentKey, headers })),
    async calls(where = "true") {
      const { rows } = await owner.query<CallRow>(
        `select * from model_calls where tenant_id = $1 and ${where} order by started_at, attempt`,
        [tenant.id],
      );
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(providers.map((one) => one.close()));
      await routing.close();
      await providerNetwork.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

export const newKey = () => `sk-${randomBytes(24).toString("base64url")}`;

export function post(
  path: string,
  body: unknown,
  of: { agentKey: string; headers?: Record<string, string>; signal?: AbortSignal },
): Request {
  return new Request(`http://gateway/v1${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${of.agentKey}`,
      "content-type": "application/json",
      ...of.headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(of.signal !== undefined && { signal: of.signal }),
  });
}

export const chat = (model: string, rest: object = {}) => ({
  model,
  messages: [{ role: "user", content: "Say hello." }],
  max_tokens: 100,
  ...rest,
});
