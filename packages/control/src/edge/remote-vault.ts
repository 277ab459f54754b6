import {
  KeyVaultAnswer,
  KeyVaultRefusal,
  KeyVaultSecret,
  type KeyVaultInput,
} from "@nofx/core/api";
import { ErrorCode, NofxError } from "@nofx/core/errors";
import type { Clock } from "@nofx/core/seams";
import { base64url, compactDecrypt, exportJWK, generateKeyPair } from "jose";
import { newBytes } from "../vault/random-bytes.ts";
import type { KeyUse, RemoteVault, UsedKey } from "../vault/vault.ts";
import { askEdge, type EdgeAddress } from "./ask-edge.ts";

/** The vault behind KEY_VAULT_URL. The key pair that answers are encrypted to is this process's own and is never kept. */
export function createRemoteVault(clock: Clock, where: EdgeAddress): RemoteVault {
  const ask = askEdge(clock, where);
  let pair: ReturnType<typeof makePair> | undefined;
  return {
    async use(use) {
      pair ??= makePair();
      const { privateKey, publicKey } = await pair;
      const nonce = base64url.encode(newBytes(24));
      const answer = await ask({ ...inputOf(use), publicKey, nonce } satisfies KeyVaultInput);
      if (answer === undefined) return undefined;
      return answer.ok
        ? opened(answer.body, privateKey, nonce)
        : refused(answer.status, answer.body);
    },
  };
}

async function makePair() {
  const { privateKey, publicKey } = await generateKeyPair("ECDH-ES+A256KW", { crv: "P-256" });
  const { x = "", y = "" } = await exportJWK(publicKey);
  return { privateKey, publicKey: { kty: "EC", crv: "P-256", x, y } as const };
}

function inputOf({ tenantId, provider, name, who, runId, stepId, purpose, except }: KeyUse) {
  return {
    tenantId,
    provider,
    ...(name !== undefined && { name }),
    who: { type: who.type, id: who.id },
    ...(runId !== undefined && { runId }),
    ...(stepId !== undefined && { stepId }),
    purpose,
    ...(except !== undefined && { except }),
  };
}

type PrivateKey = Awaited<ReturnType<typeof makePair>>["privateKey"];

/** What is not encrypted to us, or answers another question, is no answer. */
async function opened(
  body: unknown,
  privateKey: PrivateKey,
  nonce: string,
): Promise<UsedKey | undefined> {
  try {
    const { plaintext } = await compactDecrypt(KeyVaultAnswer.parse(body).jwe, privateKey, {
      keyManagementAlgorithms: ["ECDH-ES+A256KW"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    const told = KeyVaultSecret.parse(JSON.parse(new TextDecoder().decode(plaintext)));
    return told.nonce === nonce ? { secret: told.secret, keyId: told.keyId } : undefined;
  } catch {
    return undefined;
  }
}

/** What the vault says of a key is the last word; that it cannot work is not. */
function refused(status: number, body: unknown): undefined {
  const refusal = KeyVaultRefusal.safeParse(body);
  const code = ErrorCode.safeParse(refusal.data?.code).data;
  if (code === "key_missing" || code === "key_unreadable" || code === "invalid_input") {
    throw new NofxError(code, { ...(refusal.data?.detail && { detail: refusal.data.detail }) });
  }
  if (status === 401 || status === 403) {
    throw new NofxError("vault_locked", {
      detail:
        "The function behind KEY_VAULT_URL does not take this process's KEY_VAULT_TOKEN. An operator makes them the same.",
    });
  }
  return undefined;
}
