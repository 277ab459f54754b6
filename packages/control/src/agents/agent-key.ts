import { createHash, randomBytes } from "node:crypto";
import { AGENT_KEY_PREFIX } from "@nofx/core/contract";

/** A new key: 32 random bytes behind the prefix that scanners of leaked secrets look for. */
export function newAgentKey(): string {
  return `${AGENT_KEY_PREFIX}${randomBytes(32).toString("base64url")}`;
}

/** What is stored of a key. It has 256 bits of entropy, so a plain digest cannot be searched. */
export function digestAgentKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** What people recognise a key by. */
export function hintOf(key: string): string {
  return `${key.slice(0, AGENT_KEY_PREFIX.length + 4)}…`;
}
