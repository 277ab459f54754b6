import type { Metadata } from "next";
import { PolicyPage } from "#features/policies/policy-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Policy" };

export default async function Page({ params }: { params: Promise<{ name: string }> }) {
  const name = decodeURIComponent((await params).name);
  await prefetch(
    trpc.routing.policies.queryOptions({}),
    trpc.routing.policyHistory.queryOptions({ name }),
  );
  return (
    <Hydrate>
      <PolicyPage name={name} />
    </Hydrate>
  );
}
