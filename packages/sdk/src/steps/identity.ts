import { PermanentError } from "../errors/index.ts";

const LONGEST = 180;

/** What a name is called where results are kept: with its key, `charge[o-17]`. */
export function identityOf(name: string, key?: string | number): string {
  const identity = key === undefined ? name : `${name}[${key}]`;
  if (identity.length <= LONGEST) return identity;
  throw new PermanentError(
    `"${identity.slice(0, 40)}…" is too long: a name and its key have at most ${LONGEST} characters together.`,
  );
}

/** The same for a child, whose name takes a-z 0-9 . _ - only: other characters of the key are written as `_hex_`. */
export function childNameOf(name: string, key?: string | number): string {
  if (key === undefined) return name;
  const plain = String(key).replace(
    /[^a-z0-9-]/gu,
    (char) => `_${(char.codePointAt(0) ?? 0).toString(16)}_`,
  );
  return `${name}.${plain}`;
}
