import type { StepKind } from "@nofx/core/vocabulary";
import type { z } from "zod";
import { CATALOG, isWorkerKind, type Handlers } from "./catalog.ts";
import type { StepResult, StepRun } from "./handler.ts";

/** What runs a step of one kind and version. */
export interface StepCode {
  readonly with: z.ZodType;
  readonly timeoutMs: (args: never) => number;
  readonly handler: (run: StepRun, args: never) => Promise<StepResult>;
}

const others = new Map<string, StepCode>();

/**
 * Code for another version of a kind, beside that of the catalog: an older one whose steps are still to be run, or one that is
 * not everybody's yet. Call it before the worker starts: `node --import ./my-versions.ts apps/worker/src/main.ts`.
 */
export function registerVersion(kind: StepKind, version: number, code: StepCode): void {
  others.set(`${kind}@${version}`, code);
}

/** What this worker has code for, as kind@version: it is given nothing else. */
export function knownHandlers(): string[] {
  const newest = Object.entries(CATALOG).map(([kind, { version }]) => `${kind}@${version}`);
  return [...newest, ...others.keys()];
}

export function codeFor(handlers: Handlers, kind: StepKind, version: number): StepCode | undefined {
  const other = others.get(`${kind}@${version}`);
  if (other !== undefined) return other;
  if (!isWorkerKind(kind) || CATALOG[kind].version !== version) return undefined;
  return { ...CATALOG[kind], handler: handlers[kind] };
}
