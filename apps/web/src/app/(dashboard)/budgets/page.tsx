import type { Metadata } from "next";
import { BudgetsPage } from "#features/budgets/budgets-page.tsx";
import { byCursor } from "#trpc/by-cursor.ts";
import { Hydrate, prefetchPages, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Budgets" };

export default async function Page() {
  await prefetchPages(trpc.budgets.list.infiniteQueryOptions({}, byCursor));
  return (
    <Hydrate>
      <BudgetsPage />
    </Hydrate>
  );
}
