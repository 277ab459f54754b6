import { describe, expect, it } from "vitest";
import { makeKeys, signToken } from "./keys.ts";
import { verifyCredential } from "./verify-token.ts";

const keys = makeKeys();
const sub = "0197aaaa-0000-7000-8000-000000000001";

describe("a credential", () => {
  it("is a token of ours that has not expired, with all its claims", () => {
    const token = signToken(
      { role: "authenticated", sub, storage_tenant: "t1" },
      keys.jwtSecret,
      60,
    );
    expect(verifyCredential(token, keys)).toMatchObject({
      ok: true,
      claims: { role: "authenticated", sub, storage_tenant: "t1", aud: "authenticated" },
    });
    expect(verifyCredential(token, keys, Date.now() + 61_000)).toEqual({
      ok: false,
      reason: "expired",
    });
  });

  it("is one of the API keys, with the role it stands for", () => {
    expect(verifyCredential(keys.publishableKey, keys)).toEqual({
      ok: true,
      claims: { role: "anon" },
    });
    expect(verifyCredential(keys.secretKey, keys)).toEqual({
      ok: true,
      claims: { role: "service_role" },
    });
  });

  it("is nothing that another secret signed, that was changed, or that says it needs no signature", () => {
    const token = signToken({ role: "authenticated", sub }, keys.jwtSecret, 60);
    const [head = "", , signature = ""] = token.split(".");
    const raised = Buffer.from(JSON.stringify({ role: "service_role", exp: 9e9 })).toString(
      "base64url",
    );
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const reason = (credential: string) => {
      const verdict = verifyCredential(credential, keys);
      return verdict.ok ? "ok" : verdict.reason;
    };
    expect(reason(signToken({ role: "authenticated" }, makeKeys().jwtSecret, 60))).toBe(
      "wrong_signature",
    );
    expect(reason(`${head}.${raised}.${signature}`)).toBe("wrong_signature");
    expect(reason(`${none}.${raised}.`)).toBe("malformed");
    expect(reason(`${none}.${raised}.x`)).toBe("malformed");
    expect(reason(signToken({}, keys.jwtSecret, 60))).toBe("malformed");
    for (const text of ["", "a", "a.b", "a.b.c", "a.b.c.d", "sb_secret_guess"])
      expect(reason(text)).toBe("malformed");
  });
});
