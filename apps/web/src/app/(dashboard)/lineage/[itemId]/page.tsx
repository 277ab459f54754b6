import { BacklogItemId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ItemLineage } from "#features/lineage/lineage-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Lineage" };

export default async function Page({ params }: { params: Promise<{ itemId: string }> }) {
  const { itemId } = await params;
  if (!BacklogItemId.safeParse(itemId).success) notFound();
  await prefetch(trpc.lineage.item.queryOptions({ itemId }));
  return (
    <Hydrate>
      <ItemLineage itemId={itemId} />
    </Hydrate>
  );
}
