import { KeyVaultInput } from "@nofx/core/api";
import { NofxError, issuesFromZod } from "@nofx/core/errors";
import { CompactEncrypt, importJWK, type JWK } from "jose";
import { openKeyHere } from "../vault/use-key.ts";
import type { VaultDeps } from "../vault/vault.ts";
import { bearerOf, isSameText, readBody, refuse } from "./refusal.ts";

export interface KeyVaultFunction extends Pick<VaultDeps, "db" | "keks"> {
  /** What our own processes say to be let in. */
  readonly token: string;
  readonly onError: (error: unknown) => void;
}

/** The edge function `key-vault`: opens a key for one of our own processes, and tells it in a JWE that only that process can open. */
export async function answerKeyVault(
  { token, onError, ...vault }: KeyVaultFunction,
  request: Request,
): Promise<Response> {
  try {
    if (!isSameText(bearerOf(request) ?? "", token)) {
      throw new NofxError("unauthenticated", {
        detail: "Send KEY_VAULT_TOKEN as `Authorization: Bearer …`.",
      });
    }
    const input = KeyVaultInput.safeParse(await readBody(request));
    if (!input.success) {
      throw new NofxError("invalid_input", { issues: issuesFromZod(input.error) });
    }
    const { publicKey, nonce, ...use } = input.data;
    const encrypt = await encryptorOf(publicKey);
    const used = await openKeyHere(vault, use);
    const jwe = await encrypt(JSON.stringify({ ...used, nonce }));
    return Response.json({ jwe }, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    return refuse(error, onError);
  }
}

/** Encrypts to the caller. Tried at once: what is no point of the curve is found out before a key is opened for it. */
async function encryptorOf(publicKey: JWK): Promise<(text: string) => Promise<string>> {
  try {
    const recipient = await importJWK(publicKey, ALG);
    const encrypt = (text: string) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: ALG, enc: "A256GCM", typ: "nofx-key+jwe" })
        .encrypt(recipient);
    await encrypt("");
    return encrypt;
  } catch {
    throw new NofxError("invalid_input", {
      issues: [{ path: "/publicKey", message: "is no point of the curve P-256" }],
    });
  }
}

const ALG = "ECDH-ES+A256KW";
