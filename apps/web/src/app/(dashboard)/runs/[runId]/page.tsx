import { RunId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { RunPage } from "#features/runs/run-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Run" };

export default async function Page({ params }: { params: Promise<{ runId: string }> }) {
  const { runId } = await params;
  if (!RunId.safeParse(runId).success) notFound();
  await prefetch(
    trpc.runs.get.queryOptions({ runId }),
    trpc.runs.artifacts.queryOptions({ runId }),
    trpc.runs.logs.queryOptions({ runId, tail: true, limit: 200 }),
  );
  return (
    <Hydrate>
      <RunPage runId={runId} />
    </Hydrate>
  );
}
