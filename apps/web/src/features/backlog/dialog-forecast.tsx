"use client";

import { useQuery } from "@tanstack/react-query";
import { ForecastFacts } from "@nofx/ui/blocks/forecast-facts";
import { VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Skeleton } from "@nofx/ui/primitives/skeleton";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";

/** What the plan would take and what the gates would say, before it is made. */
export function DialogForecast({
  pack,
  items,
  open,
}: {
  pack: string;
  items: string[] | undefined;
  open: boolean;
}) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const forecast = useQuery({
    queryKey: [...trpc.plans.forecast.mutationKey(), pack, items, open],
    queryFn: () =>
      client.plans.forecast.mutate({ pack, open, ...(items === undefined ? {} : { items }) }),
    staleTime: 10_000,
    retry: false,
  });
  if (forecast.error !== null) return <CommandProblem error={forecast.error} />;
  if (forecast.data === undefined) return <Skeleton className="h-24" />;
  const { verdict, steps, leftOut } = forecast.data;
  return (
    <section
      aria-label="Forecast"
      className="flex flex-col gap-3 rounded-md border border-line p-3"
    >
      <p className="flex items-center gap-2 text-sm">
        <VerdictBadge verdict={verdict} />
        {steps.toLocaleString("en")} {steps === 1 ? "step" : "steps"}
        {open && leftOut > 0 && (
          <span className="text-soft">
            {leftOut.toLocaleString("en")} {leftOut === 1 ? "item is" : "items are"} done already
            and left out
          </span>
        )}
      </p>
      <ForecastFacts forecast={forecast.data.forecast} steps={steps} />
    </section>
  );
}
