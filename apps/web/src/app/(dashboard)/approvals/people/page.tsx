import type { Metadata } from "next";
import { ApprovalPeoplePage } from "#features/approvals/people-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Who decides" };

export default async function Page() {
  await Promise.all([
    prefetch(trpc.approvals.groups.queryOptions({})),
    prefetch(trpc.approvals.delegations.queryOptions({})),
  ]);
  return (
    <Hydrate>
      <ApprovalPeoplePage />
    </Hydrate>
  );
}
