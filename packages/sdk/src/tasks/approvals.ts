import type { SchemaInput, SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { Keyed } from "./names.ts";
import type { AnyObject } from "./task.ts";

/**
 * A declared question to people: what they are asked, and what their yes carries. The handle knows the types of both, wherever
 * it is used.
 */
export interface ApprovalHandle<A extends StandardSchema, D extends StandardSchema | undefined> {
  readonly kind: "approval";
  readonly name: string;
  readonly asks: A;
  readonly decides: D;
}

/** A handle whose name is fixed, and which can still be told what it asks and decides. */
export interface ApprovalBuilder<
  A extends StandardSchema,
  D extends StandardSchema | undefined,
> extends ApprovalHandle<A, D> {
  /** What people are shown: the exact arguments of what will be done. An object. */
  ask<S extends StandardSchema>(schema: S): ApprovalBuilder<S, D>;
  /** What people decide: they may change what they were asked to anything that fits, and the yes carries it. */
  decide<S extends StandardSchema>(schema: S): ApprovalBuilder<A, S>;
}

export interface AskOptions<A extends StandardSchema> extends Keyed {
  /** What people are asked, in one sentence. */
  question: string;
  /** What the answer is about, as the handle's `ask` says. A yes holds for exactly this. */
  ask?: SchemaInput<A>;
  /** After this the answer is `expired`; three days unless told. */
  expiresInSeconds?: number;
}

/** As asked. */
export interface ApprovedAnswer<D> {
  readonly status: "approved";
  readonly decision: D;
  readonly reason?: string | undefined;
}
/** People changed what they were asked: `decision` is what they said yes to. */
export interface ModifiedAnswer<D> {
  readonly status: "modified";
  readonly decision: D;
  readonly reason?: string | undefined;
}
export interface NoAnswer<S extends "rejected" | "expired" | "superseded"> {
  readonly status: S;
  readonly reason?: string | undefined;
}

/** What became of a question. Only one that declares `decide` can come back modified. */
export type ApprovalResult<A extends StandardSchema, D extends StandardSchema | undefined> =
  | (D extends StandardSchema
      ? ApprovedAnswer<SchemaOutput<D>> | ModifiedAnswer<SchemaOutput<D>>
      : ApprovedAnswer<SchemaOutput<A>>)
  | NoAnswer<"rejected">
  | NoAnswer<"expired">
  | NoAnswer<"superseded">;

/** Any question, of any name. */
export type AnyApproval = ApprovalHandle<AnyObject, undefined>;
