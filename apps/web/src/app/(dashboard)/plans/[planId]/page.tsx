import { PlanId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { PlanPage } from "#features/plans/plan-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Plan" };

export default async function Page({ params }: { params: Promise<{ planId: string }> }) {
  const { planId } = await params;
  if (!PlanId.safeParse(planId).success) notFound();
  await prefetch(trpc.plans.get.queryOptions({ planId }));
  return (
    <Hydrate>
      <PlanPage planId={planId} />
    </Hydrate>
  );
}
