import { ComparisonId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ComparisonPage } from "#features/comparisons/comparison-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Models compared" };

export default async function Page({ params }: { params: Promise<{ comparisonId: string }> }) {
  const { comparisonId } = await params;
  if (!ComparisonId.safeParse(comparisonId).success) notFound();
  await prefetch(trpc.comparisons.get.queryOptions({ comparisonId }));
  return (
    <Hydrate>
      <ComparisonPage comparisonId={comparisonId} />
    </Hydrate>
  );
}
