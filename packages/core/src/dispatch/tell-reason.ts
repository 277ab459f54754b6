import type { Strategy } from "../vocabulary/index.ts";
import type { ChoiceNumbers, StrategyNumbers } from "./choice.ts";
import { outcomes, usd } from "./words.ts";

/** Of a strategy that whoever asks has left out. */
export const NOT_ALLOWED = "not allowed here";

/** Why a strategy was chosen, in words for people. */
export function tellReason(choice: Choice & { agents: number }): string {
  const nobody = choice.agents === 0 ? ` No agent offers ${choice.capability} now.` : "";
  return `${reasonOf(choice)}${nobody}`;
}

interface Choice {
  taken: Strategy;
  heldOut: boolean;
  capability: string;
  numbers: ChoiceNumbers;
}

function reasonOf({ taken, heldOut, numbers, capability }: Choice): string {
  const { level, open, holdOut, strategies } = numbers;
  const chosen = strategies.find(({ strategy }) => strategy === taken);
  if (chosen === undefined) return taken;
  if (open === 1) return `${taken}: ${onlyOne(chosen, strategies)}.`;
  if (heldOut) {
    return `${taken}, at random: one choice in ${Math.round(1 / holdOut)} is made so, to measure the others by.`;
  }
  if (level === "prior") {
    return `${taken}, by the built-in prior: no outcome is known yet in this tenant. Worth ${usd(chosen.utility)} as expected${beside(chosen, strategies)}.`;
  }
  const where = {
    segment: `of this kind of work (${numbers.segment})`,
    capability: `of ${capability}, as none of this kind of work is known`,
    tenant: `of the tenant, as none of ${capability} is known`,
  }[level];
  const percent = Math.round(chosen.success * 100);
  const tried =
    chosen.evidence > 0
      ? ` after ${outcomes(chosen.evidence)} that ${chosen.evidence === 1 ? "counts" : "count"}`
      : "";
  return (
    `${taken}, by outcomes ${where}: ${percent} % succeed${tried}, ${Math.round(chosen.seconds)} s, ` +
    `${usd(chosen.costUsd)}, worth ${usd(chosen.utility)}${beside(chosen, strategies)}; ` +
    `taken in ${Math.round(chosen.odds * 100)} of 100 draws.`
  );
}

function beside(chosen: StrategyNumbers, all: readonly StrategyNumbers[]): string {
  const others = all.filter(
    ({ strategy, excluded }) => strategy !== chosen.strategy && excluded === undefined,
  );
  const [next] = others.toSorted((a, b) => b.utility - a.utility);
  return next === undefined ? "" : `, ${next.strategy} ${usd(next.utility)}`;
}

function onlyOne(chosen: StrategyNumbers, all: readonly StrategyNumbers[]): string {
  const others = all.filter(({ strategy }) => strategy !== chosen.strategy);
  if (others.every(({ excluded }) => excluded === NOT_ALLOWED)) {
    return `it is what was asked for${chosen.excluded === undefined ? "" : `, though it ${chosen.excluded}`}`;
  }
  const why = others.map(({ strategy, excluded }) => `${strategy} ${excluded}`).join("; ");
  return chosen.excluded === undefined
    ? `the only one that can be taken (${why})`
    : `nothing fits, and it is the cheapest (${[`${chosen.strategy} ${chosen.excluded}`, why].join("; ")})`;
}
