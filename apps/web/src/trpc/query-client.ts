import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";
import { readProblem } from "./problem.ts";

const MAX_RETRIES = 2;

/**
 * Data is fresh until a nudge says otherwise, so nothing refetches by itself. What the server refused stays refused;
 * only silence is asked again.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (count, error) => count < MAX_RETRIES && isWorthRetrying(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
      dehydrate: {
        shouldDehydrateQuery: (query) => defaultShouldDehydrateQuery(query),
      },
    },
  });
}

export function isWorthRetrying(error: unknown): boolean {
  const problem = readProblem(error);
  return problem === undefined || problem.status >= 500;
}
