"use client";

import { useMutation } from "@tanstack/react-query";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Section } from "@nofx/ui/blocks/page-header";
import { VerdictBadge } from "@nofx/ui/blocks/status-badge";
import { Button } from "@nofx/ui/primitives/button";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { ArrowRight, History } from "lucide-react";
import Link from "next/link";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import type { RuleDraft } from "./rule-draft.ts";

/** What the draft would have said of the last 100 plans. */
export function ReplayPanel({ draft, usable }: { draft: RuleDraft; usable: boolean }) {
  const trpc = useTRPC();
  const replay = useMutation(trpc.gates.replayRule.mutationOptions());
  const { name, scope, condition, verdict } = draft;
  return (
    <Section
      title="On the last 100 plans"
      actions={
        <Button
          size="sm"
          disabled={!usable || replay.isPending}
          onClick={() =>
            replay.mutate({ name: name === "" ? "draft" : name, scope, condition, verdict })
          }
        >
          <History aria-hidden />
          Replay
        </Button>
      }
    >
      <div role="status" className="px-3 py-2 text-sm text-soft">
        {replay.data === undefined
          ? "See which verdicts the rule as it stands here would have changed. Nothing is written."
          : `${replay.data.changed} of ${replay.data.judged} verdicts would be others${replay.data.failed > 0 ? `; it could not be evaluated on ${replay.data.failed}` : ""}${replay.data.skipped > 0 ? `; ${replay.data.skipped} plans were too large` : ""}.`}
        <CommandProblem error={replay.error} className="mt-2" />
      </div>
      {replay.data !== undefined && replay.data.plans.length > 0 && (
        <Table>
          <THead>
            <Tr>
              <Th>Plan</Th>
              <Th>Verdict</Th>
              <Th className="hidden sm:table-cell">Found</Th>
            </Tr>
          </THead>
          <TBody>
            {replay.data.plans.slice(0, 25).map((plan) => (
              <Tr key={plan.planId}>
                <Td>
                  <Link href={`/plans/${plan.planId}`} className="font-medium hover:underline">
                    {plan.title}
                  </Link>
                  <span className="block text-xs text-soft">
                    version {plan.version}, <RelativeTime at={plan.at} />
                  </span>
                </Td>
                <Td>
                  <span className="flex flex-wrap items-center gap-1.5">
                    <VerdictBadge verdict={plan.before} />
                    {plan.before !== plan.after && (
                      <>
                        <ArrowRight aria-label="becomes" className="size-3.5 text-faint" />
                        <VerdictBadge verdict={plan.after} />
                      </>
                    )}
                  </span>
                </Td>
                <Td className="hidden text-xs text-soft sm:table-cell">
                  {plan.error ??
                    (plan.found === 0 ? "nothing" : plan.steps.join(", ") || "the plan")}
                </Td>
              </Tr>
            ))}
          </TBody>
        </Table>
      )}
    </Section>
  );
}
