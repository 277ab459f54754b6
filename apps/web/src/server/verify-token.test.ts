import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { verifyToken } from "./verify-token.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

const before = { ...process.env };
beforeAll(() => {
  Object.assign(process.env, {
    DATABASE_URL: "postgres://nobody@127.0.0.1:9/none",
    SUPABASE_URL: "http://127.0.0.1:9",
    SUPABASE_ANON_KEY: "key",
    SUPABASE_JWT_SECRET: "secret",
  });
});
afterAll(() => {
  process.env = before;
});

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (exp: number) =>
  `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "u", exp })}.c2lnbmF0dXJl`;

it("takes what is no token for nobody, without asking", async () => {
  expect(await verifyToken("rubbish")).toBeUndefined();
  expect(await verifyToken(token(1))).toBeUndefined();
});

it("says that it cannot tell when the auth server is silent", async () => {
  const soon = Math.floor(Date.now() / 1_000) + 600;
  await expect(verifyToken(token(soon))).rejects.toMatchObject({
    code: "unavailable",
    retryAfterSeconds: 2,
  });
});
