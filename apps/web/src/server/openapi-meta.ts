import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";

type Operation = NonNullable<OpenApiMeta["openapi"]>;

const IdempotencyHeader = z.object({
  "Idempotency-Key": z.string().min(1).max(255).meta({
    description: "Any unique text. The same key with the same body gives the stored answer.",
  }),
});

const ReplayedHeader = z.object({
  "Idempotency-Replayed": z.string().optional().meta({
    description: "`true` when this is the stored answer of an earlier request with the same key",
  }),
});

interface Told {
  operationId: string;
  summary: string;
  description?: string;
  /** False for what needs no sign-in. */
  protect?: boolean;
}

/** `GET path`: what a question looks like in REST. */
export function rest(path: `/${string}`, tag: string, told: Told): OpenApiMeta {
  return { openapi: { method: "GET", path, tags: [tag], ...told } };
}

/** `POST path`: what a command looks like in REST. */
export function restCommand(path: `/${string}`, tag: string, told: Told): OpenApiMeta {
  const operation: Operation = {
    method: "POST",
    path,
    tags: [tag],
    requestHeaders: IdempotencyHeader,
    responseHeaders: ReplayedHeader,
    ...told,
  };
  return { openapi: operation };
}

/** `POST path`: a question whose input is too long for an address. */
export function restQuestion(path: `/${string}`, tag: string, told: Told): OpenApiMeta {
  return { openapi: { method: "POST", path, tags: [tag], ...told } };
}
