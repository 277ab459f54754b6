import { randomBytes, randomUUID } from "node:crypto";
import { createPool } from "@nofx/db/client";
import { seedTenant, startTestStack } from "@nofx/db/testing";
import { createClient } from "@supabase/supabase-js";
import { toId } from "@nofx/core/vocabulary";
import type { RestInit, TestWeb } from "./test-web.ts";

export type { Person, RestInit, TestWeb } from "./test-web.ts";

const PASSWORD = "correct horse 9";
const ORIGIN = "http://nofx.test";

/** The web server's own handlers over a fresh database and a real auth server, without a port in between. */
export async function startWeb(): Promise<TestWeb> {
  const stack = await startTestStack();
  const owner = createPool({
    connectionString: stack.database.url("postgres"),
    applicationName: "owner",
    max: 2,
  });
  Object.assign(process.env, {
    DATABASE_URL: stack.database.url("nofx_web"),
    SUPABASE_URL: stack.gatewayUrl,
    SUPABASE_ANON_KEY: stack.keys.publishableKey,
    SUPABASE_JWT_SECRET: stack.keys.jwtSecret,
    NOFX_KEK: `1:${randomBytes(32).toString("base64url")}`,
  });
  const { handleRest } = await import("../src/server/rest/handle-rest.ts");
  const { handleTrpc } = await import("../src/server/handle-trpc.ts");
  const { supabaseForRequest } = await import("../src/server/session-cookies.ts");
  const { plane } = await import("../src/server/plane.ts");
  const { appRouter } = await import("../src/server/root.ts");

  return {
    gatewayUrl: stack.gatewayUrl,
    stack,
    owner,
    procedures: Object.keys(appRouter._def.procedures),
    trpc: handleTrpc,
    rest: (path, init = {}) => handleRest(toRequest(path, init)),
    async tenant() {
      const { id } = await seedTenant(owner, { shell: "trusted" });
      return { id, publicId: toId("tenant", id) };
    },
    async person(member) {
      const email = `${randomUUID()}@example.test`;
      const auth = createClient(stack.gatewayUrl, stack.keys.publishableKey).auth;
      const { data, error } = await auth.signUp({ email, password: PASSWORD });
      if (error || !data.session || !data.user) throw new Error("sign-up failed", { cause: error });
      if (member) {
        await owner.query(
          "insert into members (tenant_id, user_id, email, name, role) values ($1, $2, $3, $3, $4)",
          [member.tenantId, data.user.id, email, member.role],
        );
      }
      return { email, token: data.session.access_token, userId: data.user.id };
    },
    async cookies(person) {
      const jar = new Map<string, string>();
      const supabase = supabaseForRequest({
        getAll: () => [...jar].map(([name, value]) => ({ name, value })),
        setAll: (set) => set.forEach(({ name, value }) => jar.set(name, value)),
      });
      await supabase.auth.signInWithPassword({ email: person.email, password: PASSWORD });
      return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    },
    async [Symbol.asyncDispose]() {
      await plane().close();
      await owner.end();
      await stack.stop();
    },
  };
}

function toRequest(path: string, init: RestInit): Request {
  const method = init.method ?? (init.body === undefined ? "GET" : "POST");
  const headers = new Headers({ host: "nofx.test", ...init.headers });
  if (init.as) headers.set("authorization", `Bearer ${init.as.token}`);
  if (init.body !== undefined && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  if (init.body !== undefined && init.key !== null) {
    headers.set("idempotency-key", init.key ?? randomUUID());
  }
  const body = typeof init.body === "string" ? init.body : JSON.stringify(init.body);
  return new Request(`${ORIGIN}${path}`, {
    method,
    headers,
    ...(init.body === undefined ? {} : { body }),
  });
}
