import { AgentScope } from "@nofx/core/contract";
import type { Clock } from "@nofx/core/seams";
import { jwtVerify, SignJWT, type JWK } from "jose";
import { z } from "zod";
import { readTokenKeys, type TokenKey } from "./token-keys.ts";

const ISSUER = "nofx";
const AUDIENCE = "nofx:agents";
/** A revoked key's tokens, an agent that was quarantined: heeded by every process within this time. */
const REMEMBERED_MS = 3_500;
const MOST = 10_000;

const Claims = z.object({
  sub: z.guid(),
  /** The key that it was exchanged for, and that it ends with. */
  key: z.guid(),
  scope: z.string(),
  exp: z.number(),
});

/** What a token says whose signature and time were found good. */
export interface TokenClaims {
  readonly agentId: string;
  readonly keyId: string;
  readonly scopes: readonly AgentScope[];
  /** In milliseconds. */
  readonly expiresAt: number;
}

/** Tokens of agents, as this process signs and checks them, with what it remembers of the keys behind them. */
export interface AgentTokens {
  sign(claims: TokenClaims): Promise<string>;
  /** Undefined for what is none of ours, forged, or over. */
  verify(token: string): Promise<TokenClaims | undefined>;
  /** What the caller behind a token was found to be a moment ago, or else what `find` finds. Nothing found is not remembered. */
  recall<T>(token: string, find: () => Promise<T | undefined>): Promise<T | undefined>;
  /** A key was revoked, or an agent changed, in this process: nothing is remembered any more. */
  forget(): void;
  jwks(): Promise<{ keys: JWK[] }>;
}

export function createAgentTokens(options: {
  clock: Clock;
  sha256: (text: string) => string;
  env: Parameters<typeof readTokenKeys>[0];
}): AgentTokens {
  const { clock, sha256, env } = options;
  let reading: Promise<TokenKey[]> | undefined;
  const keys = () => (reading ??= readTokenKeys(env));
  let known = new Map<string, { value: unknown; until: number }>();
  return {
    async sign({ agentId, keyId, scopes, expiresAt }) {
      const [key] = await keys();
      if (key === undefined) throw new Error("There is no key to sign tokens with.");
      return new SignJWT({ key: keyId, scope: scopes.join(" ") })
        .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: key.kid })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(agentId)
        .setIssuedAt(Math.floor(clock.date().getTime() / 1_000))
        .setExpirationTime(Math.floor(expiresAt / 1_000))
        .sign(key.privateKey);
    },
    async verify(token) {
      const there = await keys();
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid }) => {
            const key = there.find((one) => one.kid === kid);
            if (key === undefined) throw new Error("signed with a key that is not known here");
            return key.publicKey;
          },
          {
            algorithms: ["ES256"],
            issuer: ISSUER,
            audience: AUDIENCE,
            currentDate: clock.date(),
            requiredClaims: ["exp", "sub", "key", "scope"],
          },
        );
        const { sub, key, scope, exp } = Claims.parse(payload);
        const scopes = scope.split(" ").filter((one) => AgentScope.safeParse(one).success);
        return {
          agentId: sub,
          keyId: key,
          scopes: scopes as AgentScope[],
          expiresAt: exp * 1_000,
        };
      } catch {
        return undefined;
      }
    },
    async recall(token, find) {
      const digest = sha256(token);
      const there = known.get(digest);
      if (there !== undefined && there.until > clock.now()) return there.value as never;
      known.delete(digest);
      // one that is forgotten while it is looked for is not remembered
      const into = known;
      // from when it was asked: what was revoked while the answer was on its way counts from there
      const until = clock.now() + REMEMBERED_MS;
      const value = await find();
      if (value === undefined) return undefined;
      if (into.size >= MOST) {
        const oldest = into.keys().next();
        if (!oldest.done) into.delete(oldest.value);
      }
      into.set(digest, { value, until });
      return value;
    },
    forget: () => {
      known = new Map();
    },
    jwks: async () => ({ keys: (await keys()).map(({ jwk }) => jwk) }),
  };
}
