import { readFileSync } from "node:fs";
import { RunHistory } from "@nofx/core/contract";
import { z } from "zod";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { askCode, type Code, type DeployAnswer } from "../deploy/ask-code.ts";
import { EXIT, WrongUsage } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface CheckOptions {
  offered?: string;
  agent?: string;
  file?: string;
  timeout: number;
  json?: boolean;
}

const HistoryFile = z.object({ version: z.literal(1), histories: z.array(RunHistory) });

/** `nofx deploy check MODULE`, or `nofx deploy check -- COMMAND`. */
export async function check(target: readonly string[], options: CheckOptions): Promise<void> {
  const code = codeOf(target);
  const timeoutMs = options.timeout * 1_000;
  const offered = await offeredNow(options);
  const { histories, left } =
    options.file === undefined
      ? await live([...(await askCode(code, {}, timeoutMs)).capabilities, ...offered])
      : fromFile(options.file);
  const answer = await askCode(code, { histories, offered }, timeoutMs);
  if (options.json === true) console.log(JSON.stringify({ ...answer, left }));
  else tell(answer, left);
  if (left.length > 0 || answer.runs.some(({ verdict }) => verdict !== "continues")) {
    process.exitCode = EXIT.failed;
  }
}

/** `nofx deploy export`: what `check --file` reads, or with a run its history alone, for CI to replay. */
export async function exportHistories(options: {
  capabilities?: string;
  run?: string;
}): Promise<void> {
  const { run, capabilities } = options;
  if (run !== undefined) {
    const { api } = await connectRunning("operator");
    return console.log(JSON.stringify(await api.history(run), null, 2));
  }
  if (capabilities === undefined) throw new WrongUsage("Give --run or --capabilities.");
  const { histories } = await live(capabilities.split(","));
  console.log(JSON.stringify({ version: 1, histories }));
}

/** What is offered today: said by hand, and by the registry. */
async function offeredNow({ agent, offered }: CheckOptions): Promise<string[]> {
  const said = offered?.split(",") ?? [];
  if (agent === undefined) return said;
  const { api } = await connectRunning("operator");
  return [...said, ...(await api.agent(agent)).capabilities];
}

function codeOf(target: readonly string[]): Code {
  const [module, ...rest] = target;
  if (module === undefined) throw new WrongUsage("Give a module or, behind --, a command.");
  return rest.length === 0 && /\.[cm]?[jt]s$/.test(module) ? { module } : { command: target };
}

async function live(
  capabilities: readonly string[],
): Promise<{ histories: RunHistory[]; left: string[] }> {
  const { api } = await connectRunning("operator");
  const histories: RunHistory[] = [];
  const left: string[] = [];
  for await (const page of pages(api, capabilities)) {
    histories.push(...page.items);
    left.push(...page.left);
  }
  return { histories, left };
}

async function* pages(api: Api, capabilities: readonly string[]) {
  let cursor: string | undefined;
  do {
    const page = await api.histories({
      capabilities: [...new Set(capabilities)].join(","),
      limit: 50,
      ...(cursor !== undefined && { cursor }),
    });
    yield page;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

function fromFile(path: string): { histories: RunHistory[]; left: string[] } {
  const parsed = HistoryFile.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (parsed.success) return { histories: parsed.data.histories, left: [] };
  throw new WrongUsage(`${path} is not what nofx deploy export wrote.`);
}

const SAID = {
  continues: green("continues"),
  needs_migration: yellow("needs a migration"),
  must_stay_pinned: red("must stay pinned"),
} as const;

function tell({ runs, capabilities }: DeployAnswer, left: readonly string[]): void {
  console.log(`${bold(String(runs.length))} live runs with steps for ${capabilities.join(", ")}.`);
  const rows = runs.map(({ runId, verdict, findings }) => [
    runId,
    SAID[verdict],
    findings.map(({ step, detail }) => `${step}: ${detail}`).join(" "),
  ]);
  for (const line of columns(
    rows.map(([id = "", said = "", why = ""]) => [id, said, dim(printable(why))]),
  )) {
    console.log(line);
  }
  for (const id of left) console.log(`${id}  ${yellow("not looked at")}  it has too many steps`);
}
