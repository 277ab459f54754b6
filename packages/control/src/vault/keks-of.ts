import { givenKeks, readKekList } from "./keks.ts";
import { keksInFile } from "./keks-in-file.ts";
import type { KeyEncryptionKeys } from "./vault.ts";

export interface KekEnv {
  readonly NOFX_KEK?: string | undefined;
  readonly NOFX_KEK_FILE?: string | undefined;
}

/** The KEKs of this process, by its environment; undefined where it names none. Throws TypeError on what is none. */
export function keksOf({
  NOFX_KEK: text = "",
  NOFX_KEK_FILE: file = "",
}: KekEnv): KeyEncryptionKeys | undefined {
  if (text !== "") return givenKeks(readKekList(text));
  return file === "" ? undefined : keksInFile(file);
}
