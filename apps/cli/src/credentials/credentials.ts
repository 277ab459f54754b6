import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Person = z.object({ email: z.string(), password: z.string() });

/** The sign-ins and agent keys of the demo tenant, made on this machine and kept for its owner alone. */
export const Credentials = z.object({
  /** The admin is missing in files of older versions, until the next start. */
  people: z.object({ supervisor: Person, operator: Person, admin: Person.optional() }),
  /** By the agent's name. */
  agentKeys: z.record(z.string(), z.string()),
});
export type Credentials = z.infer<typeof Credentials>;
export type PersonName = keyof Credentials["people"];

export function credentialsFile(home: string): string {
  return join(home, "credentials.json");
}

/** What is kept; undefined before the first start. */
export function readCredentials(home: string): Credentials | undefined {
  try {
    return Credentials.parse(JSON.parse(readFileSync(credentialsFile(home), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Keeps them in one step, readable by their owner alone. */
export function writeCredentials(home: string, credentials: Credentials): void {
  mkdirSync(home, { recursive: true });
  const next = `${credentialsFile(home)}.new`;
  writeFileSync(next, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, credentialsFile(home));
}

/** No letter or digit that is taken for another when read from a screen. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** Four groups of four: 79 bits, and still typed in one go. */
export function makePassword(): string {
  const group = () =>
    Array.from({ length: 4 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
  return Array.from({ length: 4 }, group).join("-");
}
