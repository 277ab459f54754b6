import type { Metadata } from "next";
import { ModelsPage } from "#features/models/models-page.tsx";
import { readModelsFilter, toModelsInput } from "#features/models/search-params.ts";
import { readParams, type SearchParams } from "#shell/read-params.ts";
import { Hydrate, prefetch, trpc } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Models & prices" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const filter = readModelsFilter(readParams(await searchParams));
  await prefetch(trpc.models.list.queryOptions(toModelsInput(filter)));
  return (
    <Hydrate>
      <ModelsPage />
    </Hydrate>
  );
}
