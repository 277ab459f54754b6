import { NofxError, issuesFromZod } from "@nofx/core/errors";
import { isAllowed, rolesWith, type Permission } from "@nofx/core/vocabulary";
import type { z } from "zod";
import type { MemberContext } from "./context.ts";
import { onceByKey } from "./idempotency.ts";
import { inTransaction, type CommandTransaction } from "./transaction.ts";

export interface CommandSpec<S extends z.ZodType> {
  /** Also the scope of idempotency keys. */
  readonly name: string;
  readonly permission: Permission;
  readonly input: S;
  /** False for an answer that must not be stored under its key: it is made anew when the request is repeated. */
  readonly keep?: boolean;
  /** What stands for the input of a request under its key, where the input holds a secret. */
  readonly body?: unknown;
}

/**
 * A person's command: authorise, parse, one transaction, once by its Idempotency-Key. `work` is also given the digest of what
 * was asked, as the key keeps it.
 */
export async function runCommand<S extends z.ZodType, T>(
  ctx: MemberContext,
  spec: CommandSpec<S>,
  input: z.input<S>,
  work: (tx: CommandTransaction, input: z.output<S>, digest: string) => Promise<T>,
): Promise<T> {
  authorise(ctx, spec.permission);
  const parsed = parseInput(spec.input, input);
  return inTransaction(ctx, (tx) =>
    onceByKey(
      ctx,
      tx,
      { route: spec.name, body: spec.body ?? input },
      (digest) => work(tx, parsed, digest),
      {
        keep: () => spec.keep !== false,
      },
    ),
  );
}

/** A person's question: authorise, parse, read under row level security. */
export async function runQuery<S extends z.ZodType, T>(
  ctx: MemberContext,
  schema: S,
  input: z.input<S>,
  work: (tx: CommandTransaction, input: z.output<S>) => Promise<T>,
): Promise<T> {
  authorise(ctx, "read");
  const parsed = parseInput(schema, input);
  return inTransaction(ctx, (tx) => work(tx, parsed));
}

export function authorise(ctx: MemberContext, permission: Permission): void {
  if (isAllowed(ctx.role, permission)) return;
  throw new NofxError("forbidden", {
    detail: `Your role is ${ctx.role}; this takes ${rolesWith(permission).join(" or ")}. An admin of the tenant can change roles.`,
    data: { role: ctx.role, needed: rolesWith(permission) },
  });
}

export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new NofxError("invalid_input", { issues: issuesFromZod(parsed.error) });
}
