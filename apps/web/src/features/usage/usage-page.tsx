"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { UsageView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { EmptyState } from "@nofx/ui/blocks/states";
import { Button } from "@nofx/ui/primitives/button";
import { Input, Select } from "@nofx/ui/primitives/input";
import { Skeleton } from "@nofx/ui/primitives/skeleton";
import { ChartColumn, Download, TriangleAlert } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useMemo } from "react";
import { QueryView } from "#shell/query-view.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { useTRPC } from "#trpc/react.tsx";
import { BY, readUsageFilter } from "./search-params.ts";
import { UsageTable } from "./usage-table.tsx";

// a chart is as heavy as the rest of the page, and only some come for it
const CostChart = dynamic(() => import("./cost-chart.tsx"), {
  ssr: false,
  loading: () => <Skeleton className="m-3 h-58" />,
});

const EVERY_MS = 15_000;

export function UsagePage() {
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const filter = useMemo(() => readUsageFilter(read), [read]);
  const usage = useQuery({
    ...trpc.usage.get.queryOptions(filter),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
  return (
    <>
      <PageHeader
        title="Usage & cost"
        meta={
          <span className="text-sm text-soft">
            What models were asked for, added up exactly.{" "}
            <Link href="/budgets" className="text-accent underline">
              Budgets
            </Link>
          </span>
        }
        actions={
          usage.data !== undefined &&
          usage.data.total.calls > 0 && (
            <Button onClick={() => void download(usage.data)}>
              <Download aria-hidden />
              CSV
            </Button>
          )
        }
      />
      <Section
        title="By"
        actions={
          <div className="flex flex-wrap gap-2">
            <Select
              aria-label="Summed by"
              className="h-7.5 w-auto"
              value={filter.by}
              onChange={(event) => write({ by: event.target.value })}
            >
              {BY.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
            {(["from", "to"] as const).map((name) => (
              <Input
                key={name}
                type="date"
                aria-label={name === "from" ? "From" : "To"}
                className="h-7.5 w-36"
                value={filter[name] ?? ""}
                onChange={(event) => write({ [name]: event.target.value })}
              />
            ))}
          </div>
        }
      >
        <QueryView query={usage} what="usage">
          {(view) =>
            view.total.calls === 0 ? (
              <EmptyState icon={ChartColumn} title="No model was asked in that time">
                Calls through the model endpoint stand here with their tokens and their cost.
              </EmptyState>
            ) : (
              <>
                {view.by === "day" && <CostChart view={view} />}
                <UsageTable view={view} />
              </>
            )
          }
        </QueryView>
      </Section>
      {usage.data !== undefined && usage.data.total.calls > 0 && <Books view={usage.data} />}
    </>
  );
}

/** The same time by the two books that are kept: calls one by one, and the counters that budgets and gates go by. */
function Books({ view }: { view: UsageView }) {
  const { counted, total } = view;
  return (
    <>
      {total.unpriced > 0 && (
        <Callout tone="warn" icon={TriangleAlert} title="Some calls have no price">
          {total.unpriced.toLocaleString("en")} calls used tokens whose price nobody knows, or did
          not tell. They are not in the sums.
        </Callout>
      )}
      {counted !== null && (
        <Section title="The books" bodyClassName="p-3">
          <KeyValue>
            <Fact name="Calls, one by one">
              <span className="font-mono text-xs">${total.costUsd}</span>
            </Fact>
            <Fact name="Counters">
              <span className="font-mono text-xs">${counted.costUsd}</span>
              {counted.costUsd === total.costUsd ? (
                <span className="ml-2 text-xs text-good">the same</span>
              ) : (
                <span className="ml-2 text-xs text-soft">
                  calls that are under way or deleted are in one of them only
                </span>
              )}
            </Fact>
            <Fact name="Days begin in">{view.timeZone}</Fact>
          </KeyValue>
        </Section>
      )}
    </>
  );
}

async function download(view: UsageView): Promise<void> {
  const { usageCsv } = await import("@nofx/core/budgets");
  const url = URL.createObjectURL(new Blob([usageCsv(view)], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `usage-by-${view.by}-${view.from.slice(0, 10)}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
