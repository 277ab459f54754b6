import { DeadLetterId } from "@nofx/core/vocabulary";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { DeadLetterPage } from "#features/dead-letters/dead-letter-page.tsx";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Dead letter" };

export default async function Page({ params }: { params: Promise<{ deadLetterId: string }> }) {
  const { deadLetterId } = await params;
  if (!DeadLetterId.safeParse(deadLetterId).success) notFound();
  await prefetch(trpc.deadLetters.get.queryOptions({ deadLetterId }));
  return (
    <Hydrate>
      <DeadLetterPage deadLetterId={deadLetterId} />
    </Hydrate>
  );
}
