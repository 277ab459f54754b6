"use client";

import type { RunSummary } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { Hand } from "lucide-react";
import Link from "next/link";
import { RunDuration } from "./run-duration.tsx";
import { RunMarks, RunStatusBadge } from "./run-marks.tsx";
import { RunProgress } from "./run-progress.tsx";
import { sayTask } from "./say-task.ts";

export function RunTable({ runs }: { runs: readonly RunSummary[] }) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Run</Th>
          <Th>Status</Th>
          <Th className="hidden sm:table-cell">Steps</Th>
          <Th className="hidden md:table-cell">Took</Th>
          <Th className="hidden lg:table-cell">Asked for</Th>
        </Tr>
      </THead>
      <TBody>
        {runs.map((run) => (
          <Tr key={run.id}>
            <Td className="min-w-32">
              <Link href={`/runs/${run.id}`} className="font-medium wrap-anywhere hover:underline">
                {run.title}
              </Link>
              <span className="block text-xs text-faint">
                {run.planId === null
                  ? sayTask(run)
                  : `${run.pack} · plan version ${run.planVersion}`}
              </span>
              <span className="mt-1 block sm:hidden">
                <RunProgress run={run} />
              </span>
            </Td>
            <Td>
              <span className="flex flex-wrap gap-1">
                <RunStatusBadge run={run} />
                <RunMarks run={run} />
                {run.waitingFor !== null && run.pendingApprovals === 0 && run.pausedAt === null && (
                  <span className="block w-full text-xs text-wait">{run.waitingFor}</span>
                )}
                {run.pendingApprovals > 0 && (
                  <Badge tone="wait">
                    <Hand aria-hidden />
                    {run.pendingApprovals} to approve
                  </Badge>
                )}
              </span>
            </Td>
            <Td className="hidden sm:table-cell">
              <RunProgress run={run} />
            </Td>
            <Td className="hidden md:table-cell">
              <RunDuration run={run} />
            </Td>
            <Td className="hidden text-xs text-faint lg:table-cell">
              <RelativeTime at={run.createdAt} /> by {run.createdBy}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
