import { createTRPCClient, httpLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { expect, it, vi } from "vitest";
import { signInLink } from "./sign-in-link.ts";

const t = initTRPC.create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { problem: { code: error.message, status: 401 } },
  }),
});
const appRouter = t.router({
  answer: t.procedure.query(() => 42),
  refuse: t.procedure.query(({ path }) => {
    throw new TRPCError({ code: "UNAUTHORIZED", message: "unauthenticated", cause: path });
  }),
  forbid: t.procedure.query(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "forbidden" });
  }),
});

const onSignedOut = vi.fn();
const client = createTRPCClient<typeof appRouter>({
  links: [
    signInLink(onSignedOut),
    httpLink({
      url: "http://test/trpc",
      fetch: (url, init) =>
        fetchRequestHandler({
          endpoint: "/trpc",
          req: new Request(url, init as RequestInit),
          router: appRouter,
        }),
    }),
  ],
});

it("stays quiet while the session holds", async () => {
  expect(await client.answer.query()).toBe(42);
  await expect(client.forbid.query()).rejects.toThrow("forbidden");
  expect(onSignedOut).not.toHaveBeenCalled();
});

it("tells when it does not, and passes the error on", async () => {
  await expect(client.refuse.query()).rejects.toThrow("unauthenticated");
  expect(onSignedOut).toHaveBeenCalledOnce();
});
