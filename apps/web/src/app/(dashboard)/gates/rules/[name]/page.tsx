import { StepName } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { RulePage } from "#features/gates/rule-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Rule" };

export default async function Page({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params;
  if (!StepName.safeParse(name).success) notFound();
  await prefetch(trpc.gates.rule.queryOptions({ name }));
  return (
    <Hydrate>
      <RulePage name={name} />
    </Hydrate>
  );
}
