import { chmod, mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { importKek, newKek, readKekSet, writeKekSet, type RawKek } from "./keks.ts";
import type { KeyEncryptionKey, KeyEncryptionKeys } from "./vault.ts";

/**
 * KEKs in a file that many processes read and one of them may write, as on a local stack. What is not known yet is looked for in the file
 * again; what has gone from it is forgotten when it is next looked at.
 */
export function keksInFile(file: string): KeyEncryptionKeys {
  let seen = "";
  let keks = new Map<string, Promise<KeyEncryptionKey>>();

  const load = async () => {
    const { mtimeMs, size, ino } = await stat(file);
    const now = `${mtimeMs} ${size} ${ino}`;
    if (now === seen) return;
    const read = readKekSet(await readFile(file, "utf8"));
    keks = new Map(read.map((one) => [one.kid, importKek(one)]));
    seen = now;
  };
  return {
    async find(kid) {
      if (!keks.has(kid)) await load();
      return keks.get(kid);
    },
    async versions() {
      await load();
      return [...keks.keys()];
    },
    async make() {
      const known = readKekSet(await readFile(file, "utf8"));
      const made = newKek(known);
      await writeKekFile(file, [...known, made]);
      await load();
      return importKek(made);
    },
    async destroy(kid) {
      const known = readKekSet(await readFile(file, "utf8"));
      const left = known.filter((one) => one.kid !== kid);
      if (left.length > 0 && left.length < known.length) await writeKekFile(file, left);
      await load();
    },
  };
}

/** Writes the whole file beside it first: whoever reads meets the old one or the new one. For its owner alone. */
export async function writeKekFile(file: string, keks: readonly RawKek[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const next = `${file}.new`;
  const handle = await open(next, "w", 0o600);
  try {
    await handle.writeFile(writeKekSet(keks));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(next, 0o600);
  await rename(next, file);
}
