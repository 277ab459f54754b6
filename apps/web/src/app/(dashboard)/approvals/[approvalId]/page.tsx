import type { Metadata } from "next";
import { ApprovalPage } from "#features/approvals/approval-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Approval" };

export default async function Page({ params }: { params: Promise<{ approvalId: string }> }) {
  const { approvalId } = await params;
  await prefetch(trpc.approvals.get.queryOptions({ approvalId }));
  return (
    <Hydrate>
      <ApprovalPage approvalId={approvalId} />
    </Hydrate>
  );
}
