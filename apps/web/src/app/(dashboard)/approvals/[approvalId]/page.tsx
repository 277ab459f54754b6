import { ApprovalId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ApprovalPage } from "#features/approvals/approval-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Approval" };

export default async function Page({ params }: { params: Promise<{ approvalId: string }> }) {
  const { approvalId } = await params;
  if (!ApprovalId.safeParse(approvalId).success) notFound();
  await prefetch(trpc.approvals.get.queryOptions({ approvalId }));
  return (
    <Hydrate>
      <ApprovalPage approvalId={approvalId} />
    </Hydrate>
  );
}
