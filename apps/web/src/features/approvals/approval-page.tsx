"use client";

import { useQuery } from "@tanstack/react-query";
import type { ApprovalDetail, ApprovalView } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { StatusBadge } from "@nofx/ui/blocks/status-badge";
import Link from "next/link";
import { Badge } from "@nofx/ui/primitives/badge";
import { EyeOff } from "lucide-react";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { ApprovalArtifacts } from "./approval-artifacts.tsx";
import { Chain } from "./chain.tsx";
import { Comments } from "./comments.tsx";
import { DecisionForm } from "./decision-form.tsx";
import { DecisionList } from "./decision-list.tsx";
import { DiffView } from "./diff-view.tsx";

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
  budget: "The budget, and how much more",
  redaction: "What is destroyed",
};

function Approval({ approval }: { approval: ApprovalDetail }) {
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
              <Fact name="On behalf of">
                <Chain chain={approval.chain} />
              </Fact>
              {approval.tool !== null && (
                <Fact name="Tool">
                  <code className="font-mono text-xs">{approval.tool}</code> {approval.toolVersion}
                </Fact>
              )}
              {approval.target !== null && (
                <Fact name="Acts on">
                  <PlainText text={approval.target} />
                </Fact>
              )}
              {approval.risk !== null && (
                <Fact name="Risk">
                  <Badge tone="warn">{approval.risk}</Badge>
                </Fact>
              )}
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
            {approval.hides && (
              <Callout tone="bad" icon={EyeOff} title="It holds characters that would go unseen">
                They are marked below, by their number in Unicode. Text that hides is rarely meant
                well.
              </Callout>
            )}
            <JsonView
              whole
              value={approval.editedArguments ?? approval.arguments}
              label={ARGUMENTS_LABEL[approval.subject]}
            />
            {approval.editedArguments !== null && (
              <DiffView
                before={approval.arguments}
                after={approval.editedArguments}
                label="What an approver changed"
              />
            )}
            <p className="text-xs break-all text-faint">
              A decision holds for exactly this: digest{" "}
              <code className="font-mono">{approval.argumentsDigest}</code>
            </p>
          </Section>
          {approval.stepId !== null && <ApprovalArtifacts approvalId={approval.id} />}
          <Comments approval={approval} />
        </div>
        <div className="flex w-full flex-col gap-4 lg:sticky lg:top-4 lg:w-96 lg:shrink-0">
          {approval.status === "pending" && <DecisionForm approval={approval} />}
          <DecisionList approval={approval} />
          {approval.grant !== null && (
            <p className="px-1 text-xs text-faint">
              The yes was good for one use.{" "}
              {approval.grant.consumedAt === null ? (
                <>
                  Not used yet; it runs out <RelativeTime at={approval.grant.expiresAt} />.
                </>
              ) : (
                <>
                  Used <RelativeTime at={approval.grant.consumedAt} />.
                </>
              )}
            </p>
          )}
        </div>
      </div>
    </>
  );
}
