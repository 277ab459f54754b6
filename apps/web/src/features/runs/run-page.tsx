"use client";

import { useQuery } from "@tanstack/react-query";
import type { PulledPlug } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { useNow } from "@nofx/ui/hooks/use-now";
import { Badge } from "@nofx/ui/primitives/badge";
import { Button } from "@nofx/ui/primitives/button";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@nofx/ui/primitives/tabs";
import { RUN_STATUS } from "@nofx/ui/tokens/status";
import {
  ChartNoAxesGantt,
  Hand,
  MessagesSquare,
  Network,
  ShieldOff,
  Table2,
  UserRound,
  Workflow,
} from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useMemo, useState } from "react";
import { useLiveTopic } from "#live/live-provider.tsx";
import { GraphCanvas } from "#shell/graph-canvas.tsx";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { SidePanel } from "#shell/side-panel.tsx";
import { useUrlState } from "#shell/use-url-state.ts";
import { useTRPC } from "#trpc/react.tsx";
import { RerunDialog, RunActions } from "./run-actions.tsx";
import { RunArtifacts } from "./run-artifacts.tsx";
import { RunDuration } from "./run-duration.tsx";
import { runGraph } from "./run-graph.ts";
import { RunLogs } from "./run-logs.tsx";
import { RunMarks, RunStatusBadge } from "./run-marks.tsx";
import { RunOrigin } from "./run-origin.tsx";
import { newsOf } from "./run-news.ts";
import { RunNewsList } from "./run-news-list.tsx";
import { RunProgress } from "./run-progress.tsx";
import { RunStepTable } from "./run-step-table.tsx";
import { readRunTab } from "./search-params.ts";
import { timelineRows } from "./timeline-rows.ts";
import { useRunApprovals } from "./use-run-approvals.ts";
import { useRunWaits } from "./use-run-waits.ts";
import { useRunSteps } from "./use-run-steps.ts";
import { situationOf } from "./why-not-moving.ts";
import type { RunView, StepView } from "./types.ts";

// Parts that most visits never open are loaded when they are shown.
const PlugWatch = dynamic(() => import("./plug-watch.tsx").then((module) => module.PlugWatch));
const RunHierarchy = dynamic(() =>
  import("#features/hierarchy/run-hierarchy.tsx").then((module) => module.RunHierarchy),
);
const RunMessages = dynamic(() =>
  import("#features/messages/run-messages.tsx").then((module) => module.RunMessages),
);
const RunStepPanel = dynamic(() =>
  import("./run-step-panel.tsx").then((module) => module.RunStepPanel),
);
const RunTimeline = dynamic(() =>
  import("@nofx/ui/blocks/run-timeline").then((module) => module.RunTimeline),
);
const UndoRegister = dynamic(() =>
  import("./undo-register.tsx").then((module) => module.UndoRegister),
);

/** Undo steps and steps that others started are not of the plan: nothing can begin with them. */
const isPlanned = (step: StepView) => step.undoOf === null && step.parentId === null;

export function RunPage({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const run = useQuery(trpc.runs.get.queryOptions({ runId }));
  useLiveTopic(run.data && `run:${run.data.uuid}`);
  return (
    <QueryView
      query={run}
      what="this run"
      skeleton={<PageSkeleton label="Loading the run" />}
      back={<Link href="/runs">All runs</Link>}
    >
      {(data) => <Run run={data} />}
    </QueryView>
  );
}

function Run({ run }: { run: RunView }) {
  const [read, write] = useUrlState();
  const { steps, loadRest } = useRunSteps(run);
  const approvals = useRunApprovals(run.id);
  const waits = useRunWaits(run);
  const tab = readRunTab(read);
  const selected = read("step");
  const step = steps.find((one) => one.name === selected);
  const select = (name: string | undefined) => write({ step: name });
  const situation = situationOf(run);
  // What a person has done about the whole run says more than what its steps do.
  const isSaid = newsOf(run).some(
    (news) => news.kind === "paused" || news.kind === "cancelling" || news.kind === "undoing",
  );
  const over = run.status !== "queued" && run.status !== "running";
  const [rerun, setRerun] = useState(false);
  const [pulled, setPulled] = useState<PulledPlug>();
  const unsandboxed = run.stepList.some((one) => one.sandbox === "not sandboxed");
  const graph = useMemo(() => runGraph(steps), [steps]);

  return (
    <>
      <PageHeader
        back={<Link href="/runs">Runs</Link>}
        title={run.title}
        badges={
          <>
            <RunStatusBadge run={run} />
            <RunMarks run={run} />
            {unsandboxed && (
              <Badge title="Shell steps run with the rights of the worker: this tenant trusts them">
                <ShieldOff aria-hidden />
                not sandboxed
              </Badge>
            )}
          </>
        }
        meta={
          <>
            <RunProgress run={run} />
            <RunDuration run={run} />
            <span>
              asked for <RelativeTime at={run.createdAt} /> by {run.createdBy}
            </span>
            <RunOrigin run={run} />
            {run.forkedFrom !== null && (
              <Link href={`/runs/${run.forkedFrom}`} className="text-accent hover:underline">
                goes on from an earlier run
              </Link>
            )}
            {run.redriveOf !== null && (
              <Link href={`/dead-letters/${run.redriveOf}`} className="text-accent hover:underline">
                redrives a dead letter
              </Link>
            )}
            <IdChip id={run.id} />
          </>
        }
        actions={<RunActions run={run} onPulled={setPulled} />}
      />
      {!isSaid && (
        <Callout
          tone={situation.tone}
          icon={RUN_STATUS[run.status].icon}
          title={<span aria-live="polite">{situation.sentence}</span>}
        />
      )}
      <RunNewsList run={run} />
      {pulled !== undefined && (
        <PlugWatch
          pulled={pulled}
          step={steps.find((one) => one.id === pulled.stepId)}
          onStep={select}
          onClose={() => setPulled(undefined)}
        />
      )}
      {approvals.map((approval) => (
        <Callout
          key={approval.id}
          tone="wait"
          icon={Hand}
          title={approval.title}
          actions={
            <Button asChild size="sm" variant="primary">
              <Link href={`/approvals/${approval.id}`}>
                {approval.canDecide ? "Read and decide" : "Read"}
              </Link>
            </Button>
          }
        >
          ends <RelativeTime at={approval.expiresAt} />
        </Callout>
      ))}
      {waits
        .filter((wait) => wait.question !== null && wait.stepName !== selected)
        .map((wait) => (
          <Callout
            key={wait.id}
            tone="wait"
            icon={UserRound}
            title={<PlainText text={wait.question?.title ?? wait.question?.question ?? ""} />}
            actions={
              <Button size="sm" variant="primary" onClick={() => select(wait.stepName)}>
                {wait.canAnswer ? "Answer" : "Read"}
              </Button>
            }
          >
            {wait.stepName} asks
          </Callout>
        ))}
      <div className="flex flex-col gap-4 xl:flex-row xl:items-start">
        <div className="flex min-w-0 flex-1 flex-col gap-4">
          <Section>
            <Tabs
              value={tab}
              onValueChange={(next) => write({ view: next === "graph" ? "" : next })}
            >
              <TabsList className="px-3">
                <TabsTrigger value="graph">
                  <Workflow aria-hidden />
                  Graph
                </TabsTrigger>
                <TabsTrigger value="timeline">
                  <ChartNoAxesGantt aria-hidden />
                  Timeline
                </TabsTrigger>
                <TabsTrigger value="table">
                  <Table2 aria-hidden />
                  Table
                </TabsTrigger>
                <TabsTrigger value="hierarchy">
                  <Network aria-hidden />
                  Hierarchy
                </TabsTrigger>
                <TabsTrigger value="messages">
                  <MessagesSquare aria-hidden />
                  Messages
                </TabsTrigger>
              </TabsList>
              <TabsContent value="graph" className="p-2">
                <GraphCanvas
                  label={`Steps of ${run.title} and where they stand`}
                  steps={graph}
                  total={run.steps}
                  selected={selected}
                  onSelect={select}
                  onTable={() => write({ view: "table" })}
                />
              </TabsContent>
              <TabsContent value="timeline">
                <Timeline run={run} steps={steps} selected={selected} onSelect={select} />
              </TabsContent>
              <TabsContent value="table">
                <RunStepTable steps={steps} selected={selected} onSelect={select} />
              </TabsContent>
              <TabsContent value="hierarchy">
                <RunHierarchy runId={run.id} selected={selected} onSelect={select} />
              </TabsContent>
              <TabsContent value="messages">
                <RunMessages runId={run.id} over={over} />
              </TabsContent>
            </Tabs>
            {tab !== "hierarchy" && tab !== "messages" && loadRest}
          </Section>
          <RunLogs
            runId={run.id}
            steps={steps}
            shown={read("logs")}
            onShow={(name) => write({ logs: name })}
          />
          {run.compensations.length > 0 && <UndoRegister run={run} onStep={select} />}
          <RunArtifacts runId={run.id} />
        </div>
        {step !== undefined && (
          <SidePanel title={step.name} onClose={() => select(undefined)}>
            <RunStepPanel
              step={step}
              waits={waits.filter((wait) => wait.stepId === step.id)}
              undone={steps.find((one) => one.id === step.undoOf)}
              approval={approvals.find((approval) => approval.stepId === step.id)}
              onStep={select}
              onLogs={() => write({ logs: step.name })}
              onRerun={over && isPlanned(step) ? () => setRerun(true) : undefined}
            />
          </SidePanel>
        )}
        {rerun && step !== undefined && (
          <RerunDialog run={run} step={step} onClose={() => setRerun(false)} />
        )}
      </div>
    </>
  );
}

function Timeline({
  run,
  steps,
  selected,
  onSelect,
}: {
  run: RunView;
  steps: RunView["stepList"];
  selected: string | undefined;
  onSelect: (name: string) => void;
}) {
  const ticking = useNow(1_000);
  const from = Date.parse(run.createdAt);
  const to = run.finishedAt === null ? Math.max(from, ticking ?? from) : Date.parse(run.finishedAt);
  const rows = useMemo(() => timelineRows(steps, to), [steps, to]);
  return (
    <RunTimeline
      rows={rows}
      from={from}
      to={to}
      selected={selected}
      onSelect={onSelect}
      label={`When the steps of ${run.title} ran`}
    />
  );
}
