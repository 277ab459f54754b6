import type { Metadata } from "next";
import { PoliciesPage } from "#features/policies/policies-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Policies" };

export default async function Page() {
  await prefetch(trpc.routing.policies.queryOptions({}));
  return (
    <Hydrate>
      <PoliciesPage />
    </Hydrate>
  );
}
