import { ArtifactId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ArtifactLineage } from "#features/lineage/lineage-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Lineage" };

export default async function Page({ params }: { params: Promise<{ artifactId: string }> }) {
  const { artifactId } = await params;
  if (!ArtifactId.safeParse(artifactId).success) notFound();
  await prefetch(trpc.lineage.artifact.queryOptions({ artifactId }));
  return (
    <Hydrate>
      <ArtifactLineage artifactId={artifactId} />
    </Hydrate>
  );
}
