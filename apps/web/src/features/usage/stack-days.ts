import type { UsageView } from "@nofx/core/api";

/** As many colours as can be told apart. */
const MOST = 6;
export const OTHERS = "others";

interface DayBar {
  readonly day: string;
  readonly [model: string]: string | number;
}

/** Bars of a chart: a day each from the first to the last, also those without use; in each the models that cost most, and the others. */
export function stackDays(view: Pick<UsageView, "daily" | "from" | "to" | "timeZone">): {
  models: string[];
  bars: DayBar[];
} {
  const sums = new Map<string, number>();
  for (const { model, costUsd } of view.daily) {
    sums.set(model, (sums.get(model) ?? 0) + Number(costUsd));
  }
  const ranked = [...sums].toSorted(([, a], [, b]) => b - a).map(([model]) => model);
  const shown = ranked.length > MOST ? ranked.slice(0, MOST - 1) : ranked;
  const bars = new Map<string, Record<string, number>>();
  for (const day of daysOf(view)) bars.set(day, {});
  for (const { day, model, costUsd } of view.daily) {
    const name = shown.includes(model) ? model : OTHERS;
    const bar = bars.get(day) ?? {};
    bar[name] = (bar[name] ?? 0) + Number(costUsd);
    bars.set(day, bar);
  }
  return {
    models: ranked.length > MOST ? [...shown, OTHERS] : shown,
    bars: [...bars]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([day, costs]) => ({ ...costs, day })),
  };
}

function daysOf({ from, to, timeZone }: Pick<UsageView, "from" | "to" | "timeZone">): string[] {
  // noon is on the same day however clocks are moved
  const local = (at: string) =>
    new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(new Date(at));
  const [first, end] = [local(from), local(to)];
  const days: string[] = [];
  for (let at = Date.parse(`${first}T12:00:00Z`); days.length < 400; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day >= end) break;
    days.push(day);
  }
  return days;
}
