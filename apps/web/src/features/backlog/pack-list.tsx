"use client";

import type { UseQueryResult } from "@tanstack/react-query";
import type { PackView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { SkeletonRows } from "@nofx/ui/primitives/skeleton";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Workflow } from "lucide-react";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { RightButton } from "#shell/right-button.tsx";

export function PackList({
  packs,
  chosen,
  onChoose,
  onPlan,
}: {
  packs: UseQueryResult<{ items: PackView[] }, unknown>;
  chosen: string | undefined;
  onChoose: (pack: string | undefined) => void;
  onPlan: (pack: string) => void;
}) {
  return (
    <Section
      title="Packs"
      actions={
        chosen !== undefined && (
          <Button variant="ghost" size="sm" onClick={() => onChoose(undefined)}>
            Show items of all packs
          </Button>
        )
      }
    >
      <QueryView
        query={packs}
        what="packs"
        skeleton={<SkeletonRows rows={2} label="Loading packs" />}
      >
        {(data) => (
          <Table>
            <THead>
              <Tr>
                <Th>Pack</Th>
                <Th className="text-right">Items</Th>
                <Th className="hidden lg:table-cell">Workspace</Th>
                <Th className="hidden sm:table-cell">Latest</Th>
                <Th className="hidden md:table-cell">Changed</Th>
                <Th className="text-right">
                  <span className="sr-only">Actions</span>
                </Th>
              </Tr>
            </THead>
            <TBody>
              {data.items.map((pack) => (
                <Tr key={pack.pack} aria-selected={pack.pack === chosen}>
                  <Td>
                    <button
                      type="button"
                      className="text-left"
                      onClick={() => onChoose(pack.pack === chosen ? undefined : pack.pack)}
                    >
                      <span className="font-medium wrap-anywhere hover:underline">{pack.pack}</span>
                      {pack.title !== null && (
                        <span className="block text-xs text-faint">{pack.title}</span>
                      )}
                    </button>
                  </Td>
                  <Td className="text-right tabular-nums">{pack.items.toLocaleString("en")}</Td>
                  <Td className="hidden font-mono text-xs text-soft lg:table-cell">
                    {pack.workspace ?? "–"}
                  </Td>
                  <Td className="hidden sm:table-cell">
                    <span className="flex gap-3 whitespace-nowrap">
                      {pack.latestPlanId !== null && (
                        <Link
                          className="text-accent hover:underline"
                          href={`/plans/${pack.latestPlanId}`}
                        >
                          Plan
                        </Link>
                      )}
                      {pack.latestRunId !== null && (
                        <Link
                          className="text-accent hover:underline"
                          href={`/runs/${pack.latestRunId}`}
                        >
                          Run
                        </Link>
                      )}
                      {pack.latestPlanId === null && (
                        <span className="text-faint">No plan yet</span>
                      )}
                    </span>
                  </Td>
                  <Td className="hidden text-xs text-faint md:table-cell">
                    <RelativeTime at={pack.updatedAt} />
                  </Td>
                  <Td className="text-right">
                    <RightButton
                      permission="plan.create"
                      flag="FEATURE_AUTO_PLANNER"
                      size="sm"
                      onClick={() => onPlan(pack.pack)}
                      aria-label={`Make a plan from ${pack.pack}`}
                    >
                      <Workflow aria-hidden />
                      Make a plan
                    </RightButton>
                  </Td>
                </Tr>
              ))}
            </TBody>
          </Table>
        )}
      </QueryView>
    </Section>
  );
}
