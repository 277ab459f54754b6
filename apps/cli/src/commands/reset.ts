import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { EXIT, Sentence } from "../errors.ts";
import { home } from "../paths.ts";
import { lockSystem } from "../system/lock.ts";

/** What a start makes beside the database and its files. */
const KEPT_BY_US = [
  "credentials.json",
  "story.json",
  "state.json",
  "keys.json",
  "vault-kek.json",
  "logs",
  "workspaces",
  "demo",
];

/** `nofx reset`: removes what the starts of this clone have made, so that the next one begins anew. */
export async function reset(options: { yes?: boolean }): Promise<void> {
  if (!existsSync(home)) {
    console.log(`There is nothing to remove: ${home} does not exist.`);
    return;
  }
  const lock = lockSystem(home, "nofx reset", (text) => console.log(text));
  if ("holder" in lock) {
    throw new Sentence(
      `NOFX runs from this clone (process ${lock.holder.pid}). Stop it first: npx nofx stop`,
    );
  }
  try {
    if (options.yes !== true && !(await confirmed())) {
      console.log("Nothing was removed.");
      process.exitCode = EXIT.failed;
      return;
    }
    const { resetLocalStack } = await import("@nofx/db/local-stack");
    await resetLocalStack({ home });
    for (const name of KEPT_BY_US) rmSync(join(home, name), { recursive: true, force: true });
    console.log(
      "Removed. The next npm start begins with a new database, new sign-ins and the demo's story.",
    );
  } finally {
    lock.release();
  }
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Sentence(
      "This removes all data of this clone. Without a terminal to ask at, say --yes.",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(
      `This removes the database, files, sign-ins and logs in ${home}. Go on? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
