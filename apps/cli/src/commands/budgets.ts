import { randomUUID } from "node:crypto";
import type { BudgetUse, BudgetView } from "@nofx/core/api";
import type { BudgetMeasure, BudgetOutcome, BudgetScope, BudgetWindow } from "@nofx/core/budgets";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

interface LimitOptions {
  outcome?: BudgetOutcome;
  extra?: string;
  note?: string;
  json?: boolean;
}

export interface SetOptions extends LimitOptions {
  scope: BudgetScope;
  for?: string;
  model?: string;
  measure: BudgetMeasure;
  window?: BudgetWindow;
  per?: number;
  burst?: number;
}

export interface ChangeOptions extends LimitOptions {
  limit?: string;
  off?: boolean;
  on?: boolean;
}

export type { UsageOptions } from "./usage.ts";

/** `nofx budgets`. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const page = await api.budgets({ limit: 200 });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) {
    return console.log("Nothing is capped. A budget: npx nofx budgets set a-day 20 --window day");
  }
  for (const line of columns(page.items.map(row))) console.log(line);
  console.log(dim(`Windows begin by the clock of ${page.timeZone}.`));
}

/** `nofx budgets set NAME LIMIT`. */
export async function set(name: string, limit: string, options: SetOptions): Promise<void> {
  const { api } = await connectRunning("admin");
  const { scope, measure, model, window, per, burst } = options;
  const made = await api.setBudget(
    {
      name,
      limit,
      scope,
      measure,
      ...said(options),
      ...(options.for !== undefined && { subject: options.for }),
      ...(model !== undefined && { model }),
      ...(window !== undefined && { window }),
      ...(per !== undefined && {
        rate: { perSeconds: per, ...(burst !== undefined && { burst }) },
      }),
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(made));
  console.log(`${bold(made.name)}: ${words(made)}.`);
}

/** `nofx budgets change NAME`. */
export async function change(name: string, options: ChangeOptions): Promise<void> {
  const { api } = await connectRunning("admin");
  const { id } = await find(api, name);
  const changed = await api.changeBudget(
    id,
    {
      ...said(options),
      ...(options.limit !== undefined && { limit: options.limit }),
      ...(options.on === true && { enabled: true }),
      ...(options.off === true && { enabled: false }),
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(changed));
  console.log(`${bold(changed.name)}: ${words(changed)}${changed.enabled ? "" : "; it is off"}.`);
}

/** `nofx budgets remove NAME`. */
export async function remove(name: string): Promise<void> {
  const { api } = await connectRunning("admin");
  const { id } = await find(api, name);
  await api.removeBudget(id, randomUUID());
  console.log(`${printable(name)} is removed; what it counted stays in the books.`);
}

/** `nofx budgets usage NAME`. */
export async function windows(
  name: string,
  options: { for?: string; limit: number; json?: boolean },
): Promise<void> {
  const { api } = await connectRunning("operator");
  const budget = await find(api, name);
  const page = await api.budgetUsage(budget.id, { limit: options.limit, subject: options.for });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("Nothing has been asked of it yet.");
  for (const line of columns(page.items.map((use) => meter(budget, use)))) console.log(line);
}

/** `nofx budgets time-zone ZONE`. */
export async function timeZone(zone: string): Promise<void> {
  const { api } = await connectRunning("admin");
  const { timeZone: set } = await api.setTimeZone(zone, randomUUID());
  console.log(`Days and months of budgets begin by the clock of ${printable(set)}.`);
}

async function find(api: Api, name: string): Promise<BudgetView> {
  const { items } = await api.budgets({ limit: 200 });
  const found = items.find((budget) => budget.name === name || budget.id === name);
  if (found !== undefined) return found;
  throw new Sentence(
    `There is no budget "${printable(name)}". npx nofx budgets lists those that are there.`,
  );
}

function said({ outcome, extra, note }: LimitOptions) {
  return {
    ...(outcome !== undefined && { outcome }),
    ...(extra !== undefined && { extra }),
    ...(note !== undefined && { note }),
  };
}

function row(budget: BudgetView): string[] {
  const fullest = budget.uses[0];
  return [
    budget.enabled ? green("on") : yellow("off"),
    bold(printable(budget.name)),
    words(budget),
    fullest === undefined ? dim("nothing used") : meter(budget, fullest).join(" "),
  ];
}

/** `$20 a day of each agent, then stop`. */
function words(budget: BudgetView): string {
  const { measure, limit, rate, window, scope, outcome } = budget;
  const much = measure === "usd" ? `$${limit}` : `${limit} ${measure.replaceAll("_", " ")}`;
  const time =
    rate === null
      ? window === null || window === "total"
        ? "in all"
        : window === "at_once"
          ? "at once"
          : `a ${window}`
      : `in ${rate.perSeconds} s, ${rate.burst} at once`;
  const whose =
    budget.subject === null
      ? scope === "tenant"
        ? "of all"
        : `of each ${scope}`
      : `of ${scope} ${budget.subjectName ?? budget.subject}`;
  const models = budget.model === null ? "" : ` on ${budget.model}`;
  return printable(`${much} ${time} ${whose}${models}, then ${outcome.replaceAll("_", " ")}`);
}

function meter({ measure }: BudgetView, use: BudgetUse): string[] {
  const sign = measure === "usd" ? "$" : "";
  const paint = use.full >= 1 ? red : use.full >= 0.8 ? yellow : green;
  return [
    paint(`${Math.round(use.full * 100)}%`),
    `${sign}${use.used} used, ${sign}${use.reserved} reserved of ${sign}${use.limit}`,
    printable(use.subjectName ?? use.subject),
    dim(use.startsAt === null ? "" : `since ${use.startsAt}`),
  ];
}
