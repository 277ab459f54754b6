"use client";

import { useQuery } from "@tanstack/react-query";
import type { LineageView } from "@nofx/core/api";
import { CopyButton, IdChip } from "@nofx/ui/blocks/copy-button";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { EmptyState } from "@nofx/ui/blocks/states";
import { formatBytes } from "@nofx/ui/hooks/format-time";
import { GitCommitHorizontal } from "lucide-react";
import Link from "next/link";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { LineagePlanSection } from "./lineage-plan.tsx";
import { LineageRunView } from "./lineage-run.tsx";

export function ItemLineage({ itemId }: { itemId: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.lineage.item.queryOptions({ itemId }));
  return (
    <QueryView query={query} what="this lineage" skeleton={<Loading />}>
      {(data) => <Whole lineage={data} />}
    </QueryView>
  );
}

export function ArtifactLineage({ artifactId }: { artifactId: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.lineage.artifact.queryOptions({ artifactId }));
  return (
    <QueryView query={query} what="this lineage" skeleton={<Loading />}>
      {(data) => <Whole lineage={data} />}
    </QueryView>
  );
}

function saySpend(spend: LineageView["spend"]): string {
  if (spend === null) return "none recorded";
  const parts = [
    spend.costUsd === null ? [] : `${spend.costUsd.toLocaleString("en")} USD`,
    spend.tokens === null ? [] : `${spend.tokens.toLocaleString("en")} tokens`,
  ];
  return parts.flat().join(", ");
}

const Loading = () => <PageSkeleton label="Loading the lineage" />;

function Whole({ lineage: { item, artifact, plans, task, spend } }: { lineage: LineageView }) {
  return (
    <>
      <PageHeader
        back={<Link href="/backlog">Backlog</Link>}
        title={
          <span className="wrap-anywhere">
            <PlainText text={item?.title ?? artifact?.name ?? "Lineage"} />
          </span>
        }
        meta={
          <>
            {item !== null && (
              <>
                <span className="font-mono text-xs">
                  {item.pack}/{item.key}
                </span>
                <IdChip id={item.id} />
              </>
            )}
            <span>Spend: {saySpend(spend)}</span>
          </>
        }
      />
      {artifact !== null && (
        <Section title="Artifact" bodyClassName="p-3">
          <KeyValue>
            <Fact name="File">
              <PlainText text={artifact.name} />, {formatBytes(artifact.size)}
            </Fact>
            <Fact name="SHA-256">
              <span className="inline-flex items-center gap-0.5">
                <code className="font-mono text-xs break-all">{artifact.sha256}</code>
                <CopyButton value={artifact.sha256} label="Copy the SHA-256" />
              </span>
            </Fact>
            <Fact name="Stored">
              <RelativeTime at={artifact.createdAt} />
            </Fact>
          </KeyValue>
        </Section>
      )}
      {task !== null && (
        <Section title="Made by a task, which has no plan" bodyClassName="p-3">
          <LineageRunView run={task} marked={artifact?.id} />
        </Section>
      )}
      {plans.map((plan) => (
        <LineagePlanSection key={plan.id} plan={plan} marked={artifact?.id} />
      ))}
      {plans.length === 0 && task === null && (
        <Section title="Plans">
          <EmptyState icon={GitCommitHorizontal} title="In no plan yet">
            Once a plan takes it up, its versions, verdicts, approvals, runs and files are here.
          </EmptyState>
        </Section>
      )}
    </>
  );
}
