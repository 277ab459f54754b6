import { randomUUID } from "node:crypto";
import type { LimitQueueInput, QueueView, RuleScope, RuleView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, printable, yellow } from "../terminal/style.ts";

export interface ScopeOptions {
  type?: string;
  agent?: string;
  plane?: boolean;
  tenant?: string;
}

/** `nofx queues list`: what each holds and does, and the rules that bind them. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const page = await api.queues({ limit: 200 });
  if (options.json === true) return console.log(JSON.stringify(page));
  for (const line of columns(page.items.map(row))) console.log(line);
  for (const rule of page.rules) console.log(`  ${sayRule(rule)}`);
}

function row(queue: QueueView): string[] {
  return [
    queue.paused === null ? green("open") : yellow("paused"),
    bold(printable(queue.queue)),
    `${queue.ready} ready`,
    `${queue.inFlight} in flight`,
    dim(`${queue.delayed} delayed, ${queue.held} held`),
    queue.ready === 0 ? "" : `oldest ${Math.round(queue.oldestSeconds)} s`,
    `${Math.round(queue.failureRate * 100)} % failed`,
  ];
}

/** A rule in one line. */
export function sayRule(rule: RuleView): string {
  const scope = [
    rule.queue === null ? "" : `queue ${rule.queue}`,
    rule.type === null ? "" : `type ${rule.type}`,
    rule.agent === null ? "" : `agent ${rule.agent}`,
    rule.plane ? (rule.tenant === null ? "the plane" : `tenant ${rule.tenant} by the plane`) : "",
  ].filter((part) => part !== "");
  const says = [
    rule.paused === null ? "" : `paused by ${rule.paused.by}: ${rule.paused.reason}`,
    rule.maxRunning === null ? "" : `${rule.maxRunning} running`,
    rule.maxQueued === null ? "" : `${rule.maxQueued} queued`,
    rule.rate === null
      ? ""
      : `${rule.rate.count} in ${rule.rate.perSeconds} s, ${rule.rate.burst} at once`,
    rule.weight === 1 ? "" : `weight ${rule.weight}`,
  ].filter((part) => part !== "");
  return printable(`${scope.join(", ") || "this tenant"}: ${says.join("; ") || "no limits"}`);
}

/** `nofx queues pause [QUEUE]`; without a queue all of the tenant. */
export async function pause(
  queue: string | undefined,
  options: ScopeOptions & { message: string },
): Promise<void> {
  const { api } = await connectRunning("operator");
  const scope = scopeOf(queue, options);
  const rule = await api.pauseQueue({ ...scope, reason: options.message }, randomUUID());
  console.log(`${green("✔")} ${sayRule(rule)}`);
}

/** `nofx queues resume [QUEUE]`. */
export async function resume(queue: string | undefined, options: ScopeOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  await api.resumeQueue(scopeOf(queue, options), randomUUID());
  console.log(`${green("✔")} It goes on.`);
}

export interface LimitOptions extends ScopeOptions {
  maxRunning?: string;
  maxQueued?: string;
  rate?: string;
  weight?: string;
  json?: boolean;
}

/** `nofx queues limit [QUEUE] --max-running N|none …`. */
export async function limit(queue: string | undefined, options: LimitOptions): Promise<void> {
  const given = limitsOf(options);
  if (Object.keys(given).length === 0) {
    throw new Sentence("Say which limit: --max-running, --max-queued, --rate or --weight.");
  }
  const { api } = await connectRunning("operator");
  const rule = await api.limitQueue({ ...scopeOf(queue, options), ...given }, randomUUID());
  console.log(options.json === true ? JSON.stringify(rule) : `${green("✔")} ${sayRule(rule)}`);
}

type Limits = Partial<Pick<LimitQueueInput, "maxRunning" | "maxQueued" | "rate" | "weight">>;

/** `none` takes a limit away; a rate is written `100/60s` or `100/60s:10`, the burst behind the colon. */
export function limitsOf({ maxRunning, maxQueued, rate, weight }: LimitOptions): Limits {
  return {
    ...(maxRunning === undefined ? {} : { maxRunning: count(maxRunning, "--max-running") }),
    ...(maxQueued === undefined ? {} : { maxQueued: count(maxQueued, "--max-queued") }),
    ...(rate === undefined ? {} : { rate: rateOf(rate) }),
    ...(weight === undefined ? {} : { weight: count(weight, "--weight") ?? 1 }),
  };
}

function count(text: string, option: string): number | null {
  if (text === "none") return null;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Sentence(`${option} takes a number from 1, or none.`);
}

function rateOf(text: string): Limits["rate"] {
  if (text === "none") return null;
  const [, n, seconds, burst] = /^(\d+)\/(\d*)s(?::(\d+))?$/.exec(text) ?? [];
  if (n === undefined) throw new Sentence("--rate is written 100/60s, 100/60s:10, or none.");
  return {
    count: Number(n),
    perSeconds: Number(seconds || 1),
    ...(burst === undefined ? {} : { burst: Number(burst) }),
  };
}

function scopeOf(
  queue: string | undefined,
  { type, agent, plane, tenant }: ScopeOptions,
): RuleScope {
  return {
    plane: plane === true || tenant !== undefined,
    ...(queue === undefined ? {} : { queue }),
    ...(type === undefined ? {} : { type }),
    ...(agent === undefined ? {} : { agent }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}
