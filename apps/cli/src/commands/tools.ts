import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { PutToolInput, ToolView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, printable, yellow } from "../terminal/style.ts";

/** `nofx tools list`: the catalogue. */
export async function list(options: { all?: boolean; json?: boolean }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const page = await api.tools({ status: options.all === true ? "all" : "active", limit: 200 });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("The catalogue is empty.");
  for (const line of columns(page.items.map(row))) console.log(line);
}

function row(tool: ToolView): string[] {
  return [
    tool.status === "active" ? green(tool.status) : dim(tool.status),
    bold(tool.name),
    tool.version,
    tool.sensitivity,
    tool.requiresApproval ? yellow("needs approval") : "",
    `${tool.uses} uses`,
    dim(printable(tool.title)),
  ];
}

/** `nofx tools put FILE`: lists what the JSON file says, or a new version of it. */
export async function put(file: string): Promise<void> {
  const { api } = await connectRunning("supervisor");
  let tool: PutToolInput;
  try {
    tool = JSON.parse(await readFile(file, "utf8")) as PutToolInput;
  } catch (error) {
    throw new Sentence(`${file} cannot be read as JSON: ${String(error)}`);
  }
  const made = await api.putTool(tool, randomUUID());
  console.log(`${bold(made.name)} ${made.version} holds now; digest ${made.digest}`);
}

/** `nofx tools retire NAME`. */
export async function retire(name: string): Promise<void> {
  const { api } = await connectRunning("supervisor");
  await api.retireTool(name, randomUUID());
  console.log(`${printable(name)} is out of the catalogue: no agent begins it any more.`);
}

/** `nofx tools runs [NAME]`: what was done with tools, newest first. */
export async function runs(name: string | undefined, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const page = await api.toolRuns({ limit: 50, ...(name === undefined ? {} : { name }) });
  if (options.json === true) return console.log(JSON.stringify(page));
  const rows = page.items.map((use) => [
    use.status === "succeeded" ? green(use.status) : yellow(use.status),
    bold(use.tool),
    use.toolVersion,
    printable(use.agent),
    use.runId,
    dim(use.intendedAt),
  ]);
  for (const line of columns(rows)) console.log(line);
}
