import { BudgetId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { BudgetPage } from "#features/budgets/budget-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Budget" };

export default async function Page({ params }: { params: Promise<{ budgetId: string }> }) {
  const { budgetId } = await params;
  if (!BudgetId.safeParse(budgetId).success) notFound();
  await prefetch(trpc.budgets.get.queryOptions({ budgetId }));
  return (
    <Hydrate>
      <BudgetPage budgetId={budgetId} />
    </Hydrate>
  );
}
