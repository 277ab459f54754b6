import "server-only";
import { dehydrate, HydrationBoundary } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { createContext } from "#server/context.ts";
import { appRouter } from "#server/root.ts";
import { createQueryClient } from "./query-client.ts";

/** One context and one cache a request, whatever number of components ask. */
export const requestContext = cache(async () => createContext(new Headers(await headers())));
export const requestQueryClient = cache(createQueryClient);

export const trpc = createTRPCOptionsProxy({
  ctx: requestContext,
  router: appRouter,
  queryClient: requestQueryClient,
});

type Prefetched = Parameters<ReturnType<typeof requestQueryClient>["prefetchQuery"]>[0];

/**
 * Loads what a page shows before it is sent. A failure is not fatal: the browser asks again and shows what went wrong
 * in the place it concerns.
 */
export async function prefetch(...queries: readonly unknown[]): Promise<void> {
  const client = requestQueryClient();
  await Promise.all(queries.map((query) => client.prefetchQuery(query as Prefetched)));
}

/** The first page of a list that the browser reads on from. */
export async function prefetchPages(query: unknown): Promise<void> {
  const options = query as Parameters<
    ReturnType<typeof requestQueryClient>["prefetchInfiniteQuery"]
  >[0];
  await requestQueryClient().prefetchInfiniteQuery(options);
}

export function Hydrate({ children }: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(requestQueryClient())}>{children}</HydrationBoundary>;
}
