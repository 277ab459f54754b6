import type { Metadata } from "next";
import { PlanPage } from "#features/plans/plan-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Plan" };

export default async function Page({ params }: { params: Promise<{ planId: string }> }) {
  const { planId } = await params;
  await prefetch(trpc.plans.get.queryOptions({ planId }));
  return (
    <Hydrate>
      <PlanPage planId={planId} />
    </Hydrate>
  );
}
