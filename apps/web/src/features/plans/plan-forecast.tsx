"use client";

import { useQuery } from "@tanstack/react-query";
import type { PlanOutcomeView, PlanView } from "@nofx/core/api";
import {
  ForecastFacts,
  ForecastFigure,
  formatShare,
  formatUsd,
} from "@nofx/ui/blocks/forecast-facts";
import { Section } from "@nofx/ui/blocks/page-header";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { useTRPC } from "#trpc/react.tsx";

/** What the plan was expected to take and, once it has run, what it took. */
export function PlanForecast({ plan }: { plan: PlanView }) {
  const { forecast, timetable } = plan;
  if (forecast === null) return null;
  return (
    <Section title="Forecast" bodyClassName="flex flex-col gap-3 p-3">
      <ForecastFacts forecast={forecast} steps={plan.steps}>
        {timetable !== null && (
          <ForecastFigure
            name="Timetable"
            value={formatDuration(timetable.makespanSeconds * 1_000)}
            note={`if nothing fails or waits for people; ${aboveBound(timetable)}`}
          />
        )}
      </ForecastFacts>
      {plan.latestRunId !== null && <Outcome plan={plan} />}
    </Section>
  );
}

function aboveBound({
  makespanSeconds,
  lowerBoundSeconds,
}: {
  makespanSeconds: number;
  lowerBoundSeconds: number;
}): string {
  if (makespanSeconds <= lowerBoundSeconds) return "no schedule is shorter";
  const above = makespanSeconds / lowerBoundSeconds - 1;
  return `at most ${formatShare(Math.max(0.01, above))} above the shortest`;
}

function Outcome({ plan }: { plan: PlanView }) {
  const trpc = useTRPC();
  const outcome = useQuery(trpc.plans.outcome.queryOptions({ planId: plan.id }));
  if (outcome.data === undefined || outcome.data.steps.length === 0) return null;
  return <OutcomeFacts outcome={outcome.data} />;
}

function OutcomeFacts({ outcome }: { outcome: PlanOutcomeView }) {
  const { durationMs, costUsd, accuracy } = outcome;
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-x-4 gap-y-3 border-t border-line pt-3">
      <ForecastFigure
        name="Took"
        value={durationMs.took === null ? "–" : formatDuration(durationMs.took)}
        note={durationMs.took === null ? "it still runs" : "its newest run"}
      />
      {costUsd.took !== null && (
        <ForecastFigure name="Cost" value={formatUsd(costUsd.took)} note="as agents reported" />
      )}
      {accuracy.coverage !== null && (
        <ForecastFigure
          name="Within the range"
          value={formatShare(accuracy.coverage)}
          note={`of ${accuracy.count.toLocaleString("en")} steps; 80 % is right`}
        />
      )}
      {accuracy.error !== null && (
        <ForecastFigure
          name="Estimates off by"
          value={formatShare(accuracy.error)}
          note={
            accuracy.naiveError === null
              ? "nothing to compare with yet"
              : `a plain guess: ${formatShare(accuracy.naiveError)}`
          }
        />
      )}
    </dl>
  );
}
