import "server-only";
import { loggable } from "@nofx/control/command";
import { NofxError } from "@nofx/core/errors";
import { unstorableJson } from "@nofx/core/vocabulary";
import { initTRPC } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { issuesOfUnstorable } from "./unstorable.ts";
import type { Context } from "./context.ts";
import { problemOf, toNofxError, toTrpcError } from "./errors.ts";
import { assertSameOrigin } from "./same-origin.ts";

const t = initTRPC
  .context<Context>()
  .meta<OpenApiMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error }) => {
      const problem = problemOf(error);
      return {
        ...shape,
        message: problem.detail ?? problem.title,
        data: { code: shape.data.code, httpStatus: problem.status, problem },
      };
    },
  });

export const { router, createCallerFactory } = t;

/** The one place where errors of commands become tRPC's, and where unknown ones are written down. */
const mapErrors = t.middleware(async ({ next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const error = toNofxError(result.error);
  if (error.code === "internal") console.error(`${path}:`, loggable(error.cause ?? error));
  return { ...result, error: toTrpcError(error) };
});

/** Text that Postgres cannot store cannot be searched for either: it is refused by name, before any query. */
const refuseUnstorable = t.middleware(async ({ next, getRawInput }) => {
  const found = unstorableJson(await getRawInput());
  if (found.length > 0) throw new NofxError("invalid_input", { issues: issuesOfUnstorable(found) });
  return next();
});

const member = t.middleware(async ({ ctx, next }) =>
  next({ ctx: { member: await ctx.findMember() } }),
);

/**
 * A request that changes something: from our own pages when signed in by cookie, and once by its Idempotency-Key,
 * which the command itself honours.
 */
const once = t.middleware(async ({ ctx, next }) => {
  if (ctx.byCookie) assertSameOrigin(ctx.headers);
  const found = await ctx.findMember();
  if (ctx.idempotencyKey === undefined || ctx.idempotencyKey === "") {
    throw new NofxError("idempotency_key_required", {
      detail:
        "Send the header Idempotency-Key: any unique text, the same again when you repeat the request.",
    });
  }
  const caller = { ...found, idempotencyKey: ctx.idempotencyKey, replayed: false };
  const result = await next({ ctx: { member: caller } });
  if (caller.replayed) ctx.responseHeaders.set("idempotency-replayed", "true");
  return result;
});

export const publicProcedure = t.procedure.use(mapErrors);

/** A question of a member. */
export const query = publicProcedure.use(refuseUnstorable).use(member);

const ownPagesOnly = t.middleware(async ({ ctx, next }) => {
  if (ctx.byCookie) assertSameOrigin(ctx.headers);
  return next();
});

/** A question of a member that is sent by POST, because its input is too long for an address. */
export const ask = query.use(ownPagesOnly);

/** A command of a member. */
export const command = publicProcedure.use(once).use(refuseUnstorable);

/** A command that looks for unstorable text itself, because it can name the items that hold it. */
export const importCommand = publicProcedure.use(once);
