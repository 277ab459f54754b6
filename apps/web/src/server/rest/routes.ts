import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import { appRouter } from "../root.ts";

export interface RestRoute {
  method: string;
  /** Path of the procedure in the router, `plans.get`. */
  procedure: string;
  pattern: RegExp;
  input: z.ZodObject | undefined;
}

interface ProcedureDef {
  meta?: OpenApiMeta;
  inputs: z.ZodType[];
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${source}/?$`);
}

function readRoutes(): RestRoute[] {
  // At run time this is flat, keyed by path; its type says nested.
  const procedures = appRouter._def.procedures as unknown as Record<string, { _def: unknown }>;
  return Object.entries(procedures).flatMap(([procedure, { _def }]) => {
    const { meta, inputs } = _def as ProcedureDef;
    if (!meta?.openapi) return [];
    const [input] = inputs;
    return [
      {
        method: meta.openapi.method,
        procedure,
        pattern: patternOf(meta.openapi.path),
        input: input instanceof z.ZodObject ? input : undefined,
      },
    ];
  });
}

let routes: RestRoute[] | undefined;

/** The REST routes, read from the procedures: one description serves tRPC, REST and the OpenAPI document. */
export function restRoutes(): RestRoute[] {
  routes ??= readRoutes();
  return routes;
}
