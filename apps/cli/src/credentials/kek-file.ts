import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newKek, readKekSet, writeKekSet } from "@nofx/control/vault/keks";

/** The local stack's keys that encrypt keys: the first is made once. For their owner alone. Answers their file. */
export function ensureKekFile(home: string): string {
  const file = join(home, "vault-kek.json");
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true });
    writeFileSync(`${file}.new`, writeKekSet([newKek([])]), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  readKekSet(readFileSync(file, "utf8"));
  return file;
}
