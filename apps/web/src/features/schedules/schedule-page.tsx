"use client";

import { useQuery } from "@tanstack/react-query";
import type { ScheduleDetail } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { IdChip } from "@nofx/ui/blocks/copy-button";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { CirclePause } from "lucide-react";
import Link from "next/link";
import { PageSkeleton } from "#shell/page-skeleton.tsx";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { FiringTable } from "./firing-table.tsx";
import { OccurrenceList } from "./occurrence-list.tsx";
import { ScheduleActions } from "./schedule-actions.tsx";
import { sayPolicies, scheduleLook } from "./schedule-look.ts";

/** What passes by itself makes no event: looked at anew while on screen. */
const EVERY_MS = 10_000;

export function SchedulePage({ scheduleId }: { scheduleId: string }) {
  const trpc = useTRPC();
  const schedule = useQuery({
    ...trpc.schedules.get.queryOptions({ scheduleId }),
    refetchInterval: EVERY_MS,
  });
  return (
    <QueryView
      query={schedule}
      what="this schedule"
      skeleton={<PageSkeleton label="Loading the schedule" />}
    >
      {(data) => <Schedule schedule={data} />}
    </QueryView>
  );
}

function Schedule({ schedule }: { schedule: ScheduleDetail }) {
  return (
    <>
      <PageHeader
        back={<Link href="/schedules">Schedules</Link>}
        title={<span className="break-all">{schedule.name}</span>}
        badges={<LookBadge look={scheduleLook(schedule)} />}
        meta={
          <>
            <span>
              {schedule.words}
              {schedule.cron !== null && `, ${schedule.timeZone}`}
            </span>
            <span>
              made <RelativeTime at={schedule.createdAt} /> by {schedule.createdBy}
            </span>
            <IdChip id={schedule.id} />
          </>
        }
        actions={<ScheduleActions schedule={schedule} />}
      />
      {schedule.pausedReason !== null && (
        <Callout tone="wait" icon={CirclePause} title="Nothing begins by it while it is paused">
          {schedule.pausedReason}
        </Callout>
      )}
      <div className="grid gap-4 lg:grid-cols-2">
        <Section title="Timetable" bodyClassName="p-3">
          <Timetable schedule={schedule} />
        </Section>
        <Section title="What it starts" bodyClassName="p-3">
          <Task schedule={schedule} />
        </Section>
      </div>
      <Section title="Firings">
        <FiringTable scheduleId={schedule.id} every={EVERY_MS} />
      </Section>
    </>
  );
}

function Timetable({ schedule }: { schedule: ScheduleDetail }) {
  const { overlap, missed, jitter } = sayPolicies(schedule);
  return (
    <div className="flex flex-col gap-3">
      <KeyValue>
        {schedule.cron !== null && (
          <Fact name="Cron">
            <code className="font-mono text-xs">{schedule.cron}</code>
          </Fact>
        )}
        <Fact name="Overlap">{overlap}</Fact>
        <Fact name="Missed">
          {missed}
          {schedule.misses > 0 && `; ${schedule.misses.toLocaleString("en")} missed so far`}
        </Fact>
        {jitter !== undefined && <Fact name="Jitter">{jitter}</Fact>}
        <Fact name="Next">
          {schedule.nextAt === null ? "none" : <RelativeTime at={schedule.nextAt} />}
        </Fact>
      </KeyValue>
      {schedule.next.length > 0 && (
        <OccurrenceList occurrences={schedule.next} timeZone={schedule.timeZone} />
      )}
    </div>
  );
}

function Task({ schedule: { task } }: { schedule: ScheduleDetail }) {
  return (
    <div className="flex flex-col gap-3">
      <KeyValue>
        {task.title !== undefined && <Fact name="Title">{task.title}</Fact>}
        <Fact name="Kind">{task.kind}</Fact>
        <Fact name="Queue">
          {task.queue}, priority {task.priority}
        </Fact>
      </KeyValue>
      <JsonView value={task.with} label="Arguments" />
    </div>
  );
}
