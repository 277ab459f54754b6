import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, green } from "../terminal/style.ts";

/** `nofx import FILE`: all items or none, as the operator. */
export async function importBacklog(file: string, options: { json?: boolean }): Promise<void> {
  const document = await read(file);
  const { api, addresses } = await connectRunning("operator");
  const result = await api.importBacklog({ text: document }, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(result));
  console.log(
    `${green("✔")} ${bold(result.pack)}: ${result.items} items (${result.created} new, ${result.updated} changed, ${result.unchanged} as they were)`,
  );
  console.log(`  ${addresses.dashboard}/backlog    next: npx nofx plan ${result.pack}`);
}

/** A file, or standard input for `-`. */
export async function read(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Sentence(`There is no file ${file}.`);
    if (code === "EISDIR")
      throw new Sentence(`${file} is a folder; name a JSON or YAML file in it.`);
    throw error;
  }
}
