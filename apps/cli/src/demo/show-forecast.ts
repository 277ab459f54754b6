import type { PlanForecastView } from "@nofx/core/api";
import { bold, dim, duration, printable } from "../terminal/style.ts";
import { showVerdicts } from "./show-plan.ts";

type Range = PlanForecastView["forecast"]["durationMs"];

/** What a plan would take and what the gates would say. */
export function showForecast(view: PlanForecastView): string[] {
  const { forecast, timetable, steps } = view;
  const range = ({ p10, p50, p90 }: Range, show: (value: number) => string) =>
    `${bold(show(p50))} ${dim(`(${show(p10)} to ${show(p90)})`)}`;
  const usd = (value: number) => `$${value.toFixed(2)}`;
  const critical = view.stepList
    .filter((step) => step.critical)
    .toSorted((a, b) => (a.startSeconds ?? 0) - (b.startSeconds ?? 0))
    .map(({ name }) => name);
  return [
    `Forecast of ${bold(printable(view.title))}: ${steps} steps. Nothing was stored.`,
    ...(view.leftOut === 0 ? [] : [dim(`  ${view.leftOut} items are done already and left out`)]),
    `  takes      ${range(forecast.durationMs, duration)}`,
    `  costs      ${range(forecast.costUsd, usd)}`,
    `  ends well  ${bold(`${(forecast.successOdds * 100).toFixed(0)} %`)}`,
    `  approvals  ${bold(String(forecast.approvals))}`,
    `  known from earlier work of the same kind for ${forecast.measuredSteps} of ${steps} steps`,
    ...(timetable === null
      ? []
      : [
          `  schedule   ${bold(duration(timetable.makespanSeconds * 1_000))} ${dim(`(no schedule is shorter than ${duration(timetable.lowerBoundSeconds * 1_000)})`)}`,
        ]),
    ...(critical.length === 0
      ? []
      : [
          dim(
            `  critical   ${printable(critical.slice(0, 12).join(" → "))}${critical.length > 12 ? " …" : ""}`,
          ),
        ]),
    ...forecast.assumptions.map((assumption) => dim(`  ${printable(assumption)}`)),
    ...showVerdicts(view.evaluations),
  ];
}
