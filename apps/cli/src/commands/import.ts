import { randomUUID } from "node:crypto";
import { connectRunning } from "../client/connect-running.ts";
import { read } from "../read-input.ts";
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
