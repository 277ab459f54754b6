import { ScheduleId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SchedulePage } from "#features/schedules/schedule-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Schedule" };

export default async function Page({ params }: { params: Promise<{ scheduleId: string }> }) {
  const { scheduleId } = await params;
  if (!ScheduleId.safeParse(scheduleId).success) notFound();
  await prefetch(trpc.schedules.get.queryOptions({ scheduleId }));
  return (
    <Hydrate>
      <SchedulePage scheduleId={scheduleId} />
    </Hydrate>
  );
}
