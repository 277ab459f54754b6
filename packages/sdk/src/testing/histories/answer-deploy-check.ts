import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { Agent } from "../../agents/index.ts";
import type { AnyTask } from "../../tasks/index.ts";
import { checkDeploy } from "./check-deploy.ts";
import { parseHistory } from "./history.ts";
import { tasksOf, type Code } from "./replay.ts";

/** Where `nofx deploy check` wants the answer: what handlers print must not get into it. */
const ANSWER = "NOFX_DEPLOY_ANSWER";
/** Where it leaves its question, when not on standard input. */
const QUESTION = "NOFX_DEPLOY_QUESTION";

/**
 * The other side of `nofx deploy check`: reads its question, answers it with this code, and ends the process. What it is given may be a
 * module with an agent or tasks among its exports.
 */
export async function answerDeployCheck(
  code: Code | Readonly<Record<string, unknown>>,
): Promise<void> {
  const file = process.env[QUESTION];
  const question = JSON.parse(
    file === undefined ? await text(process.stdin) : readFileSync(file, "utf8"),
  ) as {
    version: number;
    histories?: unknown[];
    offered?: string[];
  };
  if (question.version !== 1)
    throw new Error(`This SDK does not know questions of version ${question.version}.`);
  const tasks = tasksIn(code);
  const answer =
    question.histories === undefined
      ? { version: 1, capabilities: tasks.map(({ capability }) => capability) }
      : await checkDeploy(tasks, question.histories.map(parseHistory), {
          offered: question.offered,
        });
  const target = process.env[ANSWER];
  if (target === undefined) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else writeFileSync(target, JSON.stringify(answer));
  // handlers that stand still where nothing is recorded, and timers of a module, must not keep it alive
  process.exit(0);
}

function tasksIn(code: Code | Readonly<Record<string, unknown>>): AnyTask[] {
  if (Array.isArray(code) || isCode(code)) return tasksOf(code as Code);
  const found = Object.values(code)
    .flatMap((one) => (Array.isArray(one) ? (one as unknown[]) : [one]))
    .filter(isCode);
  const tasks = new Map(tasksOf(found).map((task) => [task.capability, task]));
  if (tasks.size > 0) return [...tasks.values()];
  throw new Error(
    "The module exports no agent and no task: export what defineAgent or task(...).run(...) gave.",
  );
}

function isCode(value: unknown): value is Agent | AnyTask {
  if (typeof value !== "object" || value === null) return false;
  if ("capability" in value && "handler" in value) return typeof value.handler === "function";
  return "tasks" in value && value.tasks instanceof Map;
}
