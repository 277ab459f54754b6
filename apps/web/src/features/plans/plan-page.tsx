"use client";

import { useQuery } from "@tanstack/react-query";
import type { PlanView } from "@nofx/core/api";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge, VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Skeleton } from "@nofx/ui/primitives/skeleton";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@nofx/ui/primitives/tabs";
import { ChartGantt, GitCompare, Table2, Workflow } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useMemo } from "react";
import { GraphCanvas } from "#shell/graph-canvas.tsx";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { SidePanel } from "#shell/side-panel.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { useTRPC } from "#trpc/react.tsx";
import { ExecuteButton } from "./execute-button.tsx";
import { planBars } from "./plan-bars.ts";
import { PlanForecast } from "./plan-forecast.tsx";
import { planGraph } from "./plan-graph.ts";
import { PlanStepPanel } from "./plan-step-panel.tsx";
import { PlanStepTable } from "./plan-step-table.tsx";
import { usePlanSteps } from "./use-plan-steps.ts";
import { VerdictStrip } from "./verdict-strip.tsx";

const PlanTimeline = dynamic(
  () => import("@nofx/ui/blocks/plan-timeline").then((module) => module.PlanTimeline),
  { ssr: false, loading: () => <Skeleton className="h-96" /> },
);
const PlanDiff = dynamic(() => import("./plan-diff.tsx").then((module) => module.PlanDiff), {
  ssr: false,
  loading: () => <Skeleton className="h-40" />,
});

const VIEWS = ["graph", "timeline", "table", "changes"] as const;

export function PlanPage({ planId }: { planId: string }) {
  const trpc = useTRPC();
  const plan = useQuery(trpc.plans.get.queryOptions({ planId }));
  return (
    <QueryView
      query={plan}
      what="this plan"
      skeleton={<PageSkeleton label="Loading the plan" />}
      back={<Link href="/plans">All plans</Link>}
    >
      {(data) => <Plan plan={data} />}
    </QueryView>
  );
}

function Plan({ plan }: { plan: PlanView }) {
  const [read, write] = useUrlState();
  const { steps, loadRest } = usePlanSteps(plan);
  const bars = useMemo(() => planBars(steps), [steps]);
  const view = VIEWS.find((one) => one === read("view")) ?? "graph";
  const others = plan.versions.filter((one) => one.id !== plan.id);
  const before =
    others.find((one) => one.id === (read("against") ?? plan.parentId)) ??
    others.find((one) => one.version < plan.version) ??
    others[0];
  const trpc = useTRPC();
  const diff = useQuery({
    ...trpc.plans.diff.queryOptions({ from: before?.id ?? plan.id, to: plan.id }),
    enabled: before !== undefined && read("against") !== undefined,
  });
  const graph = useMemo(() => planGraph(steps, diff.data), [steps, diff.data]);
  const selected = read("step");
  const step = steps.find((one) => one.name === selected);
  const select = (name: string | undefined) => write({ step: name });
  const newer = plan.versions.find((one) => one.version > plan.version);

  return (
    <>
      <PageHeader
        back={<Link href="/plans">Plans</Link>}
        title={plan.title}
        badges={
          <>
            <VerdictBadge verdict={plan.verdict} />
            {plan.overridden && <span className="text-sm text-warn">overridden</span>}
            <StatusBadge of="plan" status={plan.status} />
          </>
        }
        meta={
          <>
            <span>
              {plan.pack}, version {plan.version} of{" "}
              {Math.max(...plan.versions.map((v) => v.version))}
            </span>
            <span>{plan.steps.toLocaleString("en")} steps</span>
            <span>
              made <RelativeTime at={plan.createdAt} /> by {plan.createdBy}
            </span>
            <span title={`Verdict and approvals hold for exactly this: ${plan.digest}`}>
              digest <code className="font-mono">{plan.digest.slice(0, 12)}</code>
            </span>
            <IdChip id={plan.id} />
            {newer && (
              <Link href={`/plans/${newer.id}`} className="text-accent hover:underline">
                Go to version {newer.version}
              </Link>
            )}
          </>
        }
        actions={<ExecuteButton plan={plan} />}
      />
      <PlanForecast plan={plan} />
      <VerdictStrip plan={plan} onStep={select} />
      <div className="flex flex-col gap-4 xl:flex-row xl:items-start">
        <Section className="min-w-0 flex-1">
          <Tabs
            value={view}
            onValueChange={(next) =>
              write({
                view: next === "graph" ? "" : next,
                ...(next === "changes" && { against: before?.id }),
              })
            }
          >
            <TabsList className="px-3">
              <TabsTrigger value="graph">
                <Workflow aria-hidden />
                Graph
              </TabsTrigger>
              {plan.timetable !== null && (
                <TabsTrigger value="timeline">
                  <ChartGantt aria-hidden />
                  Timeline
                </TabsTrigger>
              )}
              <TabsTrigger value="table">
                <Table2 aria-hidden />
                Table
              </TabsTrigger>
              {before !== undefined && (
                <TabsTrigger value="changes">
                  <GitCompare aria-hidden />
                  Changes
                </TabsTrigger>
              )}
            </TabsList>
            <TabsContent value="graph" className="p-2">
              <GraphCanvas
                label={`Steps of ${plan.title} and what they need`}
                steps={graph}
                total={plan.steps}
                selected={selected}
                onSelect={select}
                onTable={() => write({ view: "table" })}
              />
            </TabsContent>
            {plan.timetable !== null && (
              <TabsContent value="timeline">
                <PlanTimeline
                  label={`When the steps of ${plan.title} are to run`}
                  bars={bars}
                  makespanMs={plan.timetable.makespanSeconds * 1_000}
                  selected={selected}
                  onSelect={select}
                />
              </TabsContent>
            )}
            {before !== undefined && (
              <TabsContent value="changes">
                <PlanDiff
                  plan={plan}
                  against={before.id}
                  onAgainst={(id) => write({ against: id })}
                  onStep={select}
                />
              </TabsContent>
            )}
            <TabsContent value="table">
              <PlanStepTable steps={steps} selected={selected} onSelect={select} />
            </TabsContent>
          </Tabs>
          {view !== "changes" && loadRest}
        </Section>
        {step !== undefined && (
          <SidePanel title={step.name} onClose={() => select(undefined)}>
            <PlanStepPanel
              step={step}
              findings={plan.evaluations.flatMap((evaluation) =>
                evaluation.findings.filter((finding) => finding.step === step.name),
              )}
              onStep={select}
            />
          </SidePanel>
        )}
      </div>
    </>
  );
}
