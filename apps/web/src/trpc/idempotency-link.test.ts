import { createTRPCClient, httpLink, retryLink, TRPCClientError } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { expect, it } from "vitest";
import { idempotencyHeaders, idempotencyLink, newIdempotencyKey } from "./idempotency-link.ts";

const t = initTRPC.context<{ key: string | null }>().create();
const appRouter = t.router({
  read: t.procedure.query(({ ctx }) => ctx.key),
  write: t.procedure.mutation(({ ctx }) => ctx.key),
});

function clientOver(seen: (string | null)[], cutAfter: number[] = []) {
  let call = 0;
  return createTRPCClient<typeof appRouter>({
    links: [
      idempotencyLink(),
      retryLink({
        retry: ({ attempts, error }) => attempts < 3 && error instanceof TRPCClientError,
      }),
      httpLink({
        url: "http://test/trpc",
        headers: ({ op }) => idempotencyHeaders(op),
        fetch: async (url, init) => {
          const request = new Request(url, init as RequestInit);
          seen.push(request.headers.get("idempotency-key"));
          if (cutAfter.includes(call++)) throw new TypeError("connection cut");
          return fetchRequestHandler({
            endpoint: "/trpc",
            req: request,
            router: appRouter,
            createContext: () => ({ key: request.headers.get("idempotency-key") }),
          });
        },
      }),
    ],
  });
}

it("gives every mutation a key of its own, and queries none", async () => {
  const seen: (string | null)[] = [];
  const client = clientOver(seen);
  await client.write.mutate();
  await client.write.mutate();
  await client.read.query();
  expect(seen[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(seen[1]).not.toBe(seen[0]);
  expect(seen[2]).toBeNull();
});

it("keeps the key when the request is repeated", async () => {
  const seen: (string | null)[] = [];
  const answer = await clientOver(seen, [0, 1]).write.mutate();
  expect(seen).toHaveLength(3);
  expect(new Set(seen).size).toBe(1);
  expect(answer).toBe(seen[0]);
});

it("takes the key a caller brings", async () => {
  const seen: (string | null)[] = [];
  await clientOver(seen).write.mutate(undefined, { context: { idempotencyKey: "mine" } });
  expect(seen).toEqual(["mine"]);
});

it("makes keys that differ", () => {
  expect(new Set(Array.from({ length: 100 }, newIdempotencyKey)).size).toBe(100);
});
