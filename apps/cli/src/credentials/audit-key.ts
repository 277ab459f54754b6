import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeSigningKey, readSigningKey } from "@nofx/control/audit/keys";

/** The public half of the key that the local stack signs audit digests with. */
export const auditPublicKeyFile = (home: string) => join(home, "audit-signing-key.pub.pem");

/** The local stack's key for audit digests: made once, readable by its owner alone, its public half beside it. Answers its file. */
export function ensureAuditKey(home: string): string {
  const file = join(home, "audit-signing-key.pem");
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true });
    const { privateKey, publicKey } = makeSigningKey();
    writeFileSync(auditPublicKeyFile(home), publicKey, { mode: 0o644 });
    writeFileSync(`${file}.new`, privateKey, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  readSigningKey(readFileSync(file, "utf8"));
  return file;
}
