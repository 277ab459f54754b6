import { CircleHelp } from "lucide-react";
import type { ReactNode } from "react";
import { formatDuration } from "../hooks/format-time.ts";
import { Callout } from "./callout.tsx";

interface Range {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

export interface ForecastFigures {
  readonly durationMs: Range;
  readonly costUsd: Range;
  readonly tokens: Range;
  readonly successOdds: number;
  readonly approvals: number;
  readonly measuredSteps: number;
  readonly assumptions: readonly string[];
  readonly accuracy: {
    readonly count: number;
    readonly coverage: number | null;
    readonly error: number | null;
    readonly naiveError: number | null;
    readonly isUseful: boolean;
  } | null;
}

/** What a plan will take, as ranges; hidden where forecasts so far were worse than a guess. */
export function ForecastFacts({
  forecast,
  steps,
  children,
}: {
  forecast: ForecastFigures;
  steps: number;
  /** More figures, as `ForecastFigure`. */
  children?: ReactNode;
}) {
  const { durationMs, costUsd, tokens, accuracy } = forecast;
  const hidden = accuracy !== null && !accuracy.isUseful && accuracy.count >= ENOUGH_TO_JUDGE;
  return (
    <div className="flex flex-col gap-3">
      {hidden && (
        <Callout tone="neutral" icon={CircleHelp} title="Durations are not shown.">
          Over the last {accuracy.count.toLocaleString("en")} steps the estimates were off by{" "}
          {formatShare(accuracy.error)}, a plain guess by {formatShare(accuracy.naiveError)}.
        </Callout>
      )}
      <dl className="grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-x-4 gap-y-3">
        {!hidden && (
          <ForecastFigure
            name="Takes"
            value={formatDuration(durationMs.p50)}
            note={`${formatDuration(durationMs.p10)} to ${formatDuration(durationMs.p90)}`}
          />
        )}
        <ForecastFigure
          name="Costs"
          value={formatUsd(costUsd.p50)}
          note={
            costUsd.p90 === 0
              ? "no models"
              : `${formatUsd(costUsd.p10)} to ${formatUsd(costUsd.p90)}; ${formatCount(tokens.p50)} tokens`
          }
        />
        <ForecastFigure
          name="Ends well"
          value={formatOdds(forecast.successOdds)}
          note="all steps without a failure that stays"
        />
        <ForecastFigure
          name="Approvals"
          value={forecast.approvals.toLocaleString("en")}
          note={forecast.approvals === 0 ? "nobody is asked" : "people are asked"}
        />
        <ForecastFigure
          name="Estimated from"
          value={forecast.measuredSteps === 0 ? "assumptions" : "earlier runs"}
          note={`${forecast.measuredSteps.toLocaleString("en")} of ${steps.toLocaleString("en")} steps by work of their kind`}
        />
        {children}
      </dl>
      {forecast.assumptions.length > 0 && (
        <ul className="flex flex-col gap-0.5 text-xs text-wait">
          {forecast.assumptions.map((assumption) => (
            <li key={assumption}>{assumption}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** One figure of a forecast. */
export function ForecastFigure({
  name,
  value,
  note,
}: {
  name: string;
  value: string;
  note: string;
}) {
  return (
    <div className="min-w-0">
      <dt className="text-2xs font-medium tracking-wide text-faint uppercase">{name}</dt>
      <dd className="text-base font-semibold tabular-nums">{value}</dd>
      <dd className="text-xs text-faint tabular-nums">{note}</dd>
    </div>
  );
}

/** Fewer steps say nothing yet. */
const ENOUGH_TO_JUDGE = 20;

export function formatUsd(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.01 ? "< $0.01" : `$${usd.toLocaleString("en", { maximumFractionDigits: 2 })}`;
}

function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en", { notation: "compact" });
}

function formatOdds(odds: number): string {
  return odds > 0 && odds < 0.01 ? "< 1 %" : `${Math.round(odds * 100)} %`;
}

export function formatShare(share: number | null): string {
  return share === null ? "–" : `${Math.round(share * 100)} %`;
}
