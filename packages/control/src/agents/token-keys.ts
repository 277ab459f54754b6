import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { calculateJwkThumbprint, exportJWK, type JWK } from "jose";
import { z } from "zod";

/** What tokens of agents are signed with: private P-256 keys as PEM, one behind the other, or the file that holds them. */
export const TokenEnv = {
  NOFX_TOKEN_KEY: z.string().optional(),
  NOFX_TOKEN_KEY_FILE: z.string().optional(),
};

export interface TokenKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
}

const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/g;
const CURVE = "prime256v1";
/** The order of P-256: a private key is a number from 1 to one below it. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The keys that this process signs and checks tokens with: the first signs, each checks. Without any in its environment one is derived
 * from the secret that all processes of the plane share, so that what one of them signs the others know.
 */
export async function readTokenKeys(env: {
  NOFX_TOKEN_KEY?: string | undefined;
  NOFX_TOKEN_KEY_FILE?: string | undefined;
  SUPABASE_JWT_SECRET: string;
}): Promise<TokenKey[]> {
  const { NOFX_TOKEN_KEY: given, NOFX_TOKEN_KEY_FILE: file } = env;
  const text = given ?? (file === undefined ? undefined : readFileSync(file, "utf8"));
  if (text === undefined) return [await tokenKey(derive(env.SUPABASE_JWT_SECRET))];
  const pems = text.match(PEM) ?? [];
  if (pems.length === 0) throw new Error("NOFX_TOKEN_KEY holds no private key as PEM.");
  return Promise.all(pems.map((pem) => tokenKey(createPrivateKey(pem))));
}

async function tokenKey(privateKey: KeyObject): Promise<TokenKey> {
  if (privateKey.asymmetricKeyDetails?.namedCurve !== CURVE) {
    throw new Error("NOFX_TOKEN_KEY holds a key that is not of the curve P-256.");
  }
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = (await calculateJwkThumbprint(jwk)).slice(0, 16);
  return { kid, privateKey, publicKey, jwk: { ...jwk, kid, alg: "ES256", use: "sig" } };
}

function derive(secret: string): KeyObject {
  const bytes = Buffer.from(hkdfSync("sha256", secret, "", "nofx agent tokens v1", 48));
  const number = (BigInt(`0x${bytes.toString("hex")}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(number.toString(16).padStart(64, "0"), "hex");
  const ecdh = createECDH(CURVE);
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) =>
    half.toString("base64url"),
  );
  return createPrivateKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "", d: d.toString("base64url") },
  });
}
