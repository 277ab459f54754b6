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
            name="Schedule"
            value={formatDuration(timetable.makespanSeconds * 1_000)}
            note={aboveBound(timetable)}
          />
        )}
      </ForecastFacts>
      <Assumptions of={forecast} />
      {plan.latestRunId !== null && <Outcome plan={plan} />}
    </Section>
  );
}

/** What was taken for granted: steps wait for it where it is not there. */
function Assumptions({ of: { assumptions } }: { of: NonNullable<PlanView["forecast"]> }) {
  if (assumptions.length === 0) return null;
  return (
    <ul className="flex flex-col gap-0.5 text-xs text-wait">
      {assumptions.map((assumption) => (
        <li key={assumption}>{assumption}</li>
      ))}
    </ul>
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
      <ForecastFigure
        name="In range"
        value={formatShare(accuracy.coverage)}
        note={`of ${accuracy.count.toLocaleString("en")} steps; 80 % is right`}
      />
      <ForecastFigure
        name="Off by"
        value={formatShare(accuracy.error)}
        note={`a plain guess: ${formatShare(accuracy.naiveError)}`}
      />
    </dl>
  );
}
