"use client";

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  retryLink,
  splitLink,
  type TRPCClient,
} from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import { signInPath } from "#features/session/return-path.ts";
import type { AppRouter } from "#server/root.ts";
import { idempotencyHeaders, idempotencyLink } from "./idempotency-link.ts";
import { createQueryClient, isWorthRetrying } from "./query-client.ts";
import { signInLink } from "./sign-in-link.ts";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

const URL_PATH = "/api/trpc";

let browserQueryClient: QueryClient | undefined;

function queryClient(): QueryClient {
  if (typeof window === "undefined") return createQueryClient();
  browserQueryClient ??= createQueryClient();
  return browserQueryClient;
}

/** The session is over: sign in again and come back to where this was. */
function goToSignIn(): void {
  const { pathname, search } = window.location;
  if (pathname !== "/sign-in") window.location.assign(signInPath(`${pathname}${search}`));
}

function createClient(): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({
    links: [
      signInLink(goToSignIn),
      idempotencyLink(),
      splitLink({
        condition: (op) => op.type === "mutation",
        true: [
          retryLink({
            retry: ({ attempts, error }) => attempts < 3 && isWorthRetrying(error),
            retryDelayMs: (attempt) => 300 * 2 ** attempt,
          }),
          httpLink({ url: URL_PATH, headers: ({ op }) => idempotencyHeaders(op) }),
        ],
        false: httpBatchLink({ url: URL_PATH, maxURLLength: 4_000, maxItems: 12 }),
      }),
    ],
  });
}

export function ApiProvider({ children }: { children: ReactNode }) {
  const client = queryClient();
  const [trpcClient] = useState(createClient);
  return (
    <QueryClientProvider client={client}>
      <TRPCProvider trpcClient={trpcClient} queryClient={client}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
