import { randomUUID } from "node:crypto";
import {
  DeclaredCapability,
  type AgentCapabilityView,
  type AgentDetail,
  type AgentStepView,
  type AgentView,
  type CapabilityDemand,
} from "@nofx/core/api";
import type { AgentStatus } from "@nofx/core/vocabulary";
import type { AgentVerb } from "../client/agents-api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { read } from "../read-input.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";
import { keyRow } from "./agent-keys.ts";

export interface ListOptions {
  capability?: string;
  status: AgentStatus | "all";
  team?: string;
  tag?: string;
  sort: "name" | "success" | "latency" | "cost";
  limit: number;
  json?: boolean;
}

export interface EditOptions {
  description?: string;
  capability?: string[];
  team?: string;
  tag?: string[];
  concurrency?: number;
  breaker: boolean;
  json?: boolean;
}

export interface ChangeOptions {
  message?: string;
  json?: boolean;
}

export interface ImportOptions {
  name?: string;
  replace?: boolean;
  json?: boolean;
}

/** `nofx agents`. */
export async function list(words: string[], options: ListOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const { json, ...filter } = options;
  const page = await api.agents({
    ...filter,
    ...(words.length > 0 && { query: words.join(" ") }),
  });
  if (json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) {
    const what = words.length === 0 ? "" : ` "${printable(words.join(" "))}"`;
    return console.log(`No agent fits${what}. List one: npx nofx agents create NAME -c CAPABILITY`);
  }
  for (const line of columns(page.items.map(row))) console.log(line);
  if (page.nextCursor !== null) console.log(dim(`There are more than ${options.limit}.`));
}

/** `nofx agents show AGENT`. */
export async function show(agent: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const found = await api.agent(agent);
  if (options.json === true) return console.log(JSON.stringify(found));
  console.log(`${bold(printable(found.name))}  ${status(found)}  ${dim(found.id)}`);
  if (found.description !== "") console.log(printable(found.description));
  for (const line of columns(facts(found))) console.log(line);
  part("Capabilities", found.capabilityDetails.map(capabilityRow));
  part(
    "Processes",
    found.runners.map((one) => [
      one.online ? green("here") : dim("gone"),
      printable(one.runner),
      printable(one.version ?? ""),
      `${one.busy} of ${one.slots} busy`,
      one.lastSeenAt,
    ]),
  );
  part("Keys", found.keys.map(keyRow));
  part("Newest steps", found.recentSteps.slice(0, 10).map(stepRow));
}

/** `nofx agents create NAME`. */
export async function create(name: string, options: EditOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const capabilities = (options.capability ?? []).map(readCapability);
  const made = await api.createAgent(
    { name, ...edits(options), capabilities, breakerEnabled: options.breaker },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(made));
  console.log(`${green("✔")} ${bold(made.name)} is listed. It needs a key:`);
  console.log(`npx nofx agents keys issue ${made.name}`);
}

/** `nofx agents edit AGENT`. */
export async function edit(agent: string, options: EditOptions, breaker: boolean): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { capability } = options;
  const changed = await api.updateAgent(
    agent,
    {
      ...edits(options),
      ...(capability && { capabilities: capability.map(readCapability) }),
      ...(breaker && { breakerEnabled: options.breaker }),
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(changed));
  console.log(`${green("✔")} ${bold(changed.name)} is changed.`);
}

/** `nofx agents drain|resume|quarantine|retire AGENT`. */
export async function change(
  verb: AgentVerb,
  agent: string,
  options: ChangeOptions,
): Promise<void> {
  const { message: reason } = options;
  if (verb === "quarantine" && reason === undefined) {
    throw new WrongUsage('Say why: npx nofx agents quarantine AGENT -m "it deletes files"');
  }
  const { api } = await connectRunning("supervisor");
  const body = reason === undefined ? {} : { reason };
  const changed = await api.changeAgent(agent, verb, body, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(changed));
  const { inFlight } = changed.load;
  const held = inFlight === 0 ? "" : `, and holds ${inFlight}`;
  console.log(`${green("✔")} ${bold(changed.name)} is ${changed.status}${held}.`);
}

/** `nofx agents import CARD`. */
export async function importCard(from: string, options: ImportOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const given = /^https?:\/\//.test(from) ? { url: from } : { card: readCard(await read(from)) };
  const { name, replace = false } = options;
  const wanted = { ...given, ...(name !== undefined && { name }), replace };
  const imported = await api.importAgent(wanted, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(imported));
  const done = imported.created ? "listed" : "changed";
  console.log(`${green("✔")} ${bold(imported.name)} is ${done}.`);
}

/** `nofx agents card AGENT`. */
export async function card(agent: string): Promise<void> {
  const { api } = await connectRunning("operator");
  console.log(JSON.stringify(await api.agentCard(agent), null, 2));
}

/** `nofx agents demand`. */
export async function demand(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { capabilities } = await api.agentDemand();
  if (options.json === true) return console.log(JSON.stringify(capabilities));
  if (capabilities.length === 0) return console.log("No agent is listed, and no step wants one.");
  for (const line of columns(capabilities.map(demandRow))) console.log(line);
}

function edits({ description, team, tag, concurrency }: EditOptions) {
  return {
    ...(description !== undefined && { description }),
    ...(team !== undefined && { team }),
    ...(tag !== undefined && { tags: tag }),
    ...(concurrency !== undefined && { maxConcurrency: concurrency }),
  };
}

function readCapability(text: string): string | DeclaredCapability {
  if (!text.startsWith("{")) return text;
  try {
    return DeclaredCapability.parse(JSON.parse(text));
  } catch {
    throw new WrongUsage(
      `--capability takes a name or JSON like {"capability": "code.patch", "successRate": 0.9, "averageLatencyMs": 2000, "costPerOperation": 0.01}.`,
    );
  }
}

function readCard(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // told of below
  }
  throw new Sentence("That is no agent card: a card is a JSON object.");
}

const PAINT = { active: green, draining: yellow, quarantined: red, retired: dim };

function status({ status: now, statusBy, trialAt }: AgentView): string {
  const by = statusBy === "breaker" && now === "quarantined" ? " by its breaker" : "";
  const trial = trialAt === null ? "" : `, on trial from ${trialAt}`;
  return PAINT[now](`${now}${by}${trial}`);
}

function row(agent: AgentView): string[] {
  const { load } = agent;
  return [
    PAINT[agent.status](agent.status),
    bold(printable(agent.name)),
    agent.online ? green("here") : dim("gone"),
    `${load.inFlight} in flight`,
    printable(agent.capabilities.join(" ")),
    dim(printable(agent.statusReason ?? agent.description)),
  ];
}

function facts(agent: AgentDetail): string[][] {
  const { load } = agent;
  const shown: [string, string | null][] = [
    ["because", agent.statusReason],
    ["version", agent.version],
    ["owner", agent.owner?.name ?? null],
    ["team", agent.team],
    ["tags", agent.tags.join(" ") || null],
    ["at once", agent.maxConcurrency === null ? null : String(agent.maxConcurrency)],
    ["load", `${load.inFlight} in flight, ${load.queued} waiting, ${load.slots} places`],
    ["card", agent.card?.url ?? null],
  ];
  return shown.flatMap(([name, value]) => (value === null ? [] : [[dim(name), printable(value)]]));
}

function capabilityRow(one: AgentCapabilityView): string[] {
  const { believed, measured, evidence } = one;
  const percent = (rate: number) => `${Math.round(rate * 100)} %`;
  return [
    bold(one.capability),
    believed.successRate === null ? dim("not known") : `${percent(believed.successRate)} succeed`,
    measured === null
      ? dim("declared")
      : dim(`${percent(measured.low)} to ${percent(measured.high)}, of ${evidence.samples}`),
    believed.averageLatencyMs === null ? "" : `${Math.round(believed.averageLatencyMs)} ms`,
    believed.costPerOperation === null ? "" : `$${believed.costPerOperation.toPrecision(2)}`,
  ];
}

function stepRow(step: AgentStepView): string[] {
  const paint = { under_way: yellow, succeeded: green, failed: red }[step.outcome];
  return [
    paint(step.outcome.replace("_", " ")),
    printable(step.title ?? step.name ?? "deleted"),
    step.capability,
    step.ms === null ? "" : `${Math.round(step.ms)} ms`,
    step.errorCode ?? "",
    dim(step.at),
  ];
}

function demandRow(one: CapabilityDemand): string[] {
  return [
    bold(one.capability),
    `${one.ready} waiting`,
    one.ready === 0 ? "" : `for ${Math.round(one.oldestSeconds)} s`,
    `${one.inFlight} in flight`,
    one.agents === 0 ? red("no agent") : `${one.agents} agents`,
    `${one.slots} places in ${one.runners} processes`,
  ];
}

function part(title: string, rows: string[][]): void {
  if (rows.length === 0) return;
  console.log(`\n${title}`);
  for (const line of columns(rows)) console.log(`  ${line}`);
}
