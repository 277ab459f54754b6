"use client";

import { useQuery } from "@tanstack/react-query";
import type { ApprovalView } from "@nofx/core/api";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import Link from "next/link";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { DecisionForm } from "./decision-form.tsx";
import { DecisionList } from "./decision-list.tsx";

export function ApprovalPage({ approvalId }: { approvalId: string }) {
  const trpc = useTRPC();
  const approval = useQuery(trpc.approvals.get.queryOptions({ approvalId }));
  return (
    <QueryView
      query={approval}
      what="this approval"
      skeleton={<PageSkeleton label="Loading the approval" />}
    >
      {(data) => <Approval approval={data} />}
    </QueryView>
  );
}

const ARGUMENTS_LABEL: Record<ApprovalView["subject"], string> = {
  plan: "What was judged",
  plan_step: "Exactly what will run",
  step: "What is asked about",
  tool: "Exactly what the tool will be given",
  override: "What is overridden",
};

function Approval({ approval }: { approval: ApprovalView }) {
  return (
    <>
      <PageHeader
        back={<Link href="/approvals">Approvals</Link>}
        title={<PlainText text={approval.title} />}
        badges={<StatusBadge of="approval" status={approval.status} />}
        meta={
          <>
            <span>
              asked by {approval.requestedBy} <RelativeTime at={approval.requestedAt} />
            </span>
            {approval.status === "pending" && (
              <span>
                ends <RelativeTime at={approval.expiresAt} />
              </span>
            )}
            <IdChip id={approval.id} />
          </>
        }
      />
      <div className="flex flex-col gap-4 lg:flex-row lg:items-start">
        <div className="flex min-w-0 flex-1 flex-col gap-4">
          <Section bodyClassName="flex flex-col gap-3 p-3 sm:p-4">
            <p className="text-lg leading-6 break-words whitespace-pre-wrap">
              <PlainText text={approval.question} />
            </p>
            <KeyValue>
              <Fact name="Why it is asked">
                <PlainText text={approval.why} />
              </Fact>
              {approval.stepName !== null && (
                <Fact name="Step">
                  <code className="font-mono text-xs">{approval.stepName}</code>
                </Fact>
              )}
              {approval.planId !== null && (
                <Fact name="Plan">
                  <Link href={`/plans/${approval.planId}`} className="text-accent hover:underline">
                    {approval.planTitle ?? approval.planId}
                  </Link>
                </Fact>
              )}
              {approval.runId !== null && (
                <Fact name="Run">
                  <Link href={`/runs/${approval.runId}`} className="text-accent hover:underline">
                    Open the run
                  </Link>
                </Fact>
              )}
            </KeyValue>
            <JsonView whole value={approval.arguments} label={ARGUMENTS_LABEL[approval.subject]} />
            <p className="text-xs break-all text-faint">
              A decision holds for exactly this: digest{" "}
              <code className="font-mono">{approval.argumentsDigest}</code>
            </p>
          </Section>
        </div>
        <div className="flex w-full flex-col gap-4 lg:sticky lg:top-4 lg:w-96 lg:shrink-0">
          {approval.status === "pending" && <DecisionForm approval={approval} />}
          <DecisionList approval={approval} />
        </div>
      </div>
    </>
  );
}
