"use client";

import type { ScheduleView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge, StatusBadge } from "@nofx/ui/blocks/status-badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import Link from "next/link";
import { scheduleLook } from "./schedule-look.ts";

export function ScheduleTable({ schedules }: { schedules: readonly ScheduleView[] }) {
  return (
    <Table>
      <THead>
        <Tr>
          <Th>Schedule</Th>
          <Th>Status</Th>
          <Th className="hidden sm:table-cell">Next</Th>
          <Th className="hidden md:table-cell">Last</Th>
          <Th className="hidden text-right lg:table-cell">Missed</Th>
        </Tr>
      </THead>
      <TBody>
        {schedules.map((schedule) => (
          <Tr key={schedule.id}>
            <Td className="min-w-48">
              <Link
                href={`/schedules/${schedule.id}`}
                className="font-medium break-all hover:underline"
              >
                {schedule.name}
              </Link>
              <span className="block text-xs text-soft">
                {schedule.words}
                {schedule.cron !== null && <>, {schedule.timeZone}</>}
              </span>
            </Td>
            <Td>
              <LookBadge look={scheduleLook(schedule)} />
              {schedule.pausedReason !== null && (
                <span className="mt-0.5 block max-w-56 truncate text-xs text-soft">
                  {schedule.pausedReason}
                </span>
              )}
            </Td>
            <Td className="hidden text-xs sm:table-cell">
              {schedule.nextAt === null ? (
                <span className="text-faint">none</span>
              ) : (
                <RelativeTime at={schedule.nextAt} />
              )}
            </Td>
            <Td className="hidden text-xs md:table-cell">
              {schedule.lastAt !== null ? (
                <RelativeTime at={schedule.lastAt} className="block text-soft" />
              ) : (
                schedule.lastRun === null && <span className="text-faint">never</span>
              )}
              {schedule.lastRun?.status != null && (
                <Link href={`/runs/${schedule.lastRun.id}`} className="mt-0.5 inline-block">
                  <StatusBadge of="run" status={schedule.lastRun.status} />
                </Link>
              )}
            </Td>
            <Td className="hidden text-right tabular-nums lg:table-cell">
              {schedule.misses === 0 ? (
                <span className="text-faint">0</span>
              ) : (
                <span className="text-warn">{schedule.misses.toLocaleString("en")}</span>
              )}
            </Td>
          </Tr>
        ))}
      </TBody>
    </Table>
  );
}
