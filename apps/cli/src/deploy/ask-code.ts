import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { RunHistory } from "@nofx/core/contract";
import { z } from "zod";
import { Sentence, WrongUsage } from "../errors.ts";
import { shown } from "../paths.ts";

/** The new code: a module with an agent or tasks among its exports, or a command that calls `answerDeployCheck`. */
export type Code = { readonly module: string } | { readonly command: readonly string[] };

export interface Question {
  readonly histories?: readonly RunHistory[];
  readonly offered?: readonly string[];
}

/** As `@nofx/sdk/testing` answers: a command brings an SDK of its own. */
export const DeployAnswer = z.object({
  version: z.literal(1),
  capabilities: z.array(z.string()),
  counts: z.record(z.string(), z.int()).optional(),
  runs: z
    .array(
      z.object({
        runId: z.string(),
        verdict: z.enum(["continues", "needs_migration", "must_stay_pinned"]),
        findings: z.array(
          z.object({
            code: z.string(),
            step: z.string(),
            name: z.string().nullable(),
            detail: z.string(),
          }),
        ),
      }),
    )
    .default([]),
});
export type DeployAnswer = z.infer<typeof DeployAnswer>;

/** The module's own copy of the SDK does the work: the one that the agent will run with. */
const ASK_MODULE = `
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const path = process.argv[1];
function fail(error) {
  const failed = String(error?.message ?? error).split("\\n")[0];
  writeFileSync(process.env.NOFX_DEPLOY_ANSWER, JSON.stringify({ failed }));
  process.exit(1);
}
process.once("uncaughtException", fail);
try {
  const sdk = createRequire(path).resolve("@nofx/sdk/testing");
  const { answerDeployCheck } = await import(pathToFileURL(sdk).href);
  await answerDeployCheck(await import(pathToFileURL(path).href));
} catch (error) {
  fail(error);
}
`;

/** What kept a module from answering. */
const Failed = z.object({ failed: z.string() });

/** Asks the code in a process of its own, and waits for its answer. */
export async function askCode(
  code: Code,
  question: Question,
  timeoutMs: number,
): Promise<DeployAnswer> {
  const folder = mkdtempSync(join(tmpdir(), "nofx-deploy-"));
  const [asked, answered] = [join(folder, "question.json"), join(folder, "answer.json")];
  try {
    writeFileSync(asked, JSON.stringify({ version: 1, ...question }));
    const env = { ...process.env, NOFX_DEPLOY_QUESTION: asked, NOFX_DEPLOY_ANSWER: answered };
    const said = await run(code, env, timeoutMs);
    if (!existsSync(answered)) {
      throw new Sentence(
        `${nameOf(code)} ended without an answer: ${said.trim() || "it printed nothing"}\nIt has to export its agent or tasks, or call answerDeployCheck of @nofx/sdk/testing, without running the agent.`,
      );
    }
    const answer: unknown = JSON.parse(readFileSync(answered, "utf8"));
    const { data } = Failed.safeParse(answer);
    if (data !== undefined) {
      throw new Sentence(`${nameOf(code)} cannot be checked: ${data.failed}`);
    }
    return DeployAnswer.parse(answer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The end of what the process wrote. */
const MOST_SAID = 4_000;

function run(code: Code, env: NodeJS.ProcessEnv, timeoutMs: number): Promise<string> {
  const [program, ...args] = commandOf(code);
  if (program === undefined) throw new WrongUsage("Give a module or, behind --, a command.");
  return new Promise((done, failed) => {
    let said = "";
    const child = spawn(program, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...("module" in code && { cwd: dirname(resolve(code.module)) }),
    });
    const hear = (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-MOST_SAID);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      failed(
        new Sentence(
          `${nameOf(code)} gave no answer within ${timeoutMs / 1_000} s. A module that runs its agent when it is imported never does.`,
        ),
      );
    }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(late);
      failed(error);
    });
    child.once("close", () => {
      clearTimeout(late);
      done(said);
    });
  });
}

function commandOf(code: Code): readonly string[] {
  if ("command" in code) return code.command;
  const path = resolve(code.module);
  if (!existsSync(path)) throw new WrongUsage(`There is no file ${shown(path)}.`);
  return [process.execPath, "--input-type=module", "--eval", ASK_MODULE, path];
}

function nameOf(code: Code): string {
  return "module" in code ? code.module : code.command.join(" ");
}
