import { randomUUID } from "node:crypto";
import type {
  ChosenAgentView,
  DispatchDecisionView,
  DispatchMeasure,
  StrategyNumbersView,
} from "@nofx/core/api";
import type { ItemType, Strategy } from "@nofx/core/vocabulary";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

interface Json {
  json?: boolean;
}

export interface DecisionsOptions extends Json {
  capability?: string;
  strategy?: Strategy;
  run?: string;
  heldOut?: boolean;
  limit: number;
}

/** `nofx dispatch decisions`. */
export async function decisions(options: DecisionsOptions): Promise<void> {
  const { capability, strategy, run: runId, heldOut, limit, json } = options;
  const { api } = await connectRunning("operator");
  const { items, nextCursor } = await api.dispatchDecisions({
    limit,
    ...(capability !== undefined && { capability }),
    ...(strategy !== undefined && { strategy }),
    ...(runId !== undefined && { runId }),
    ...(heldOut === true && { hold: "held_out" as const }),
  });
  if (json === true) return console.log(JSON.stringify(items));
  if (items.length === 0) {
    const narrowed = capability ?? strategy ?? runId ?? heldOut;
    return console.log(
      narrowed === undefined ? "No strategy has been chosen yet." : "No choice fits that.",
    );
  }
  for (const line of decisionLines(items)) console.log(line);
  if (nextCursor !== null) console.log(dim(`There are more than ${limit}.`));
}

export interface MeasureOptions extends Json {
  capability?: string;
  days: number;
}

/** `nofx dispatch measure`. */
export async function measure({ capability, days, json }: MeasureOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const found = await api.dispatchMeasure({
    days,
    ...(capability !== undefined && { capability }),
  });
  if (json === true) return console.log(JSON.stringify(found));
  console.log(printable(found.words));
  const known = found.strategies.filter(({ chosen, heldOut }) => chosen + heldOut > 0);
  for (const line of columns(known.map(measureRow))) console.log(line);
}

export interface WhatIfOptions extends Json {
  label?: string[];
  type?: ItemType;
  priority?: number;
  seconds?: number;
  usd?: number;
  allow?: Strategy[];
}

const NUMBERS = ["strategy", "succeeds (19 times in 20)", "takes", "costs", "worth", "is taken in"];
const AGENTS = ["agent", "share", "why"];

/** `nofx dispatch what-if CAPABILITY`. */
export async function whatIf(capability: string, options: WhatIfOptions): Promise<void> {
  const { label, type, priority, seconds, usd, allow, json } = options;
  const { api } = await connectRunning("operator");
  const found = await api.whatIfDispatch(
    {
      capability,
      ...(label !== undefined && { labels: label }),
      ...(type !== undefined && { itemType: type }),
      ...(priority !== undefined && { priority }),
      ...(seconds !== undefined && { deadlineSeconds: seconds }),
      ...(usd !== undefined && { budgetUsd: usd }),
      ...(allow !== undefined && { allowed: allow }),
    },
    randomUUID(),
  );
  if (json === true) return console.log(JSON.stringify(found));
  console.log(printable(found.reason));
  const rows = found.strategies.map((one) => numbersRow(one, found.strategy));
  for (const line of columns([NUMBERS.map(dim), ...rows])) console.log(line);
  if (found.agents.length > 0) {
    const agents = found.agents.slice(0, 5).map(agentRow);
    for (const line of columns([AGENTS.map(dim), ...agents])) console.log(line);
  }
  console.log(dim("Nothing was stored."));
}

/** `nofx dispatch why STEP`. */
export async function why(step: string, options: Json): Promise<void> {
  const { api } = await connectRunning("operator");
  const found = await api.stepAgent(step);
  if (options.json === true) return console.log(JSON.stringify(found));
  const { preferred, attempts, decision } = found;
  if (preferred !== null) {
    console.log(`Meant for ${bold(printable(preferred.name))}: ${printable(preferred.why)}.`);
  }
  const rows = attempts.map((one) => [
    one.claimedAt,
    bold(printable(one.name)),
    one.how,
    printable(one.why),
  ]);
  for (const line of columns(rows)) console.log(line);
  if (attempts.length === 0) console.log("Nobody has taken it yet.");
  if (decision !== null) console.log(dim(printable(decision.reason)));
}

export interface SettingsOptions extends Json {
  holdOut?: number;
  successUsd?: number;
  hourUsd?: number;
  preferSeconds?: number;
}

/** `nofx dispatch settings`. */
export async function settings({ json, ...changes }: SettingsOptions): Promise<void> {
  const changing = Object.keys(changes).length > 0;
  const { api } = await connectRunning(changing ? "admin" : "operator");
  const found = changing
    ? await api.setDispatchSettings(changes, randomUUID())
    : await api.dispatchSettings();
  if (json === true) return console.log(JSON.stringify(found));
  const { holdOut, successUsd, hourUsd, preferSeconds } = found.settings;
  const rows = [
    ["hold-out", `${Number((holdOut * 100).toFixed(2))} %`, "of choices are made at random"],
    ["success", `$${successUsd}`, "is what one is worth"],
    ["hour", `$${hourUsd}`, "is what waiting for one costs"],
    ["preference", `${preferSeconds} s`, "a step is left to the agent that it is meant for"],
  ];
  for (const line of columns(rows)) console.log(line);
  const { updatedBy, updatedAt } = found;
  console.log(dim(found.byDefault ? "by default" : printable(`set by ${updatedBy}, ${updatedAt}`)));
}

/** Choices: what came of each, why, and what it was for. */
export function decisionLines(all: readonly DispatchDecisionView[]): string[] {
  const heads = columns(all.map(decisionRow));
  return all.flatMap((one, i) => {
    const of = [one.runId, one.stepId].filter((id) => id !== null);
    return [
      heads[i] ?? "",
      `    ${dim(printable(one.reason))}`,
      ...(of.length === 0 ? [] : [`    ${dim(of.join("  "))}`]),
    ];
  });
}

function decisionRow(one: DispatchDecisionView): string[] {
  const { outcome } = one;
  const ended =
    outcome === null ? dim("under way") : outcome.succeeded ? green("succeeded") : red("failed");
  return [
    one.at,
    bold(one.strategy),
    one.heldOut ? yellow("at random") : dim(`by ${one.level}`),
    printable(one.segment),
    ended,
    outcome === null ? "" : `${Math.round(outcome.seconds)} s, ${usd(outcome.costUsd)}`,
  ];
}

function numbersRow(one: StrategyNumbersView, taken: Strategy): string[] {
  const percent = (share: number) => Math.round(share * 100);
  return [
    one.strategy === taken ? green(one.strategy) : one.strategy,
    `${percent(one.success)} % (${percent(one.successLow)} to ${percent(one.successHigh)})`,
    `${Math.round(one.seconds)} s`,
    usd(one.costUsd),
    usd(one.utility),
    dim(one.excluded ?? `${percent(one.odds)} of 100 draws, ${one.evidence} outcomes`),
  ];
}

const agentRow = ({ name, weight, why: because }: ChosenAgentView): string[] => [
  bold(printable(name)),
  `${Math.round(weight * 100)} %`,
  dim(printable(because)),
];

function measureRow(one: DispatchMeasure["strategies"][number]): string[] {
  const { strategy, chosen, heldOut, success, successLow, successHigh, utility } = one;
  const percent = (share: number) => Math.round(share * 100);
  return [
    bold(strategy),
    `${chosen} chosen`,
    `${heldOut} at random`,
    success === null
      ? ""
      : `${percent(success)} % of these succeeded (${percent(successLow)} to ${percent(successHigh)})`,
    utility === null ? "" : `worth ${usd(utility)}`,
  ];
}

const usd = (amount: number) => `${amount < 0 ? "-" : ""}$${Math.abs(amount).toFixed(2)}`;
