import { STEP_EXECUTOR, STEP_VERSION, STEP_WITH, type StepKind } from "@nofx/core/vocabulary";
import type { z } from "zod";
import type { Handler } from "./handler.ts";

/** The kinds that a worker executes; the others are offered to agents. */
export type WorkerKind = {
  [K in StepKind]: (typeof STEP_EXECUTOR)[K] extends "worker" ? K : never;
}[StepKind];

type With<K extends WorkerKind> = z.output<(typeof STEP_WITH)[K]>;

export interface CatalogEntry<K extends WorkerKind> {
  /** What new runs ask for; for the older ones, see code-for.ts. */
  readonly version: number;
  readonly with: (typeof STEP_WITH)[K];
  /** How long one attempt may take, all told. */
  readonly timeoutMs: (args: With<K>) => number;
}

const ASKING_MS = 60_000;

/** Each kind with its newest version, the form of its arguments and its time. A kind that is missing here does not compile. */
export const CATALOG: { readonly [K in WorkerKind]: CatalogEntry<K> } = {
  shell: {
    version: STEP_VERSION.shell,
    with: STEP_WITH.shell,
    timeoutMs: (args) => args.timeoutSeconds * 1_000,
  },
  approval: {
    version: STEP_VERSION.approval,
    with: STEP_WITH.approval,
    timeoutMs: () => ASKING_MS,
  },
  http: {
    version: STEP_VERSION.http,
    with: STEP_WITH.http,
    timeoutMs: (args) => args.timeoutSeconds * 1_000,
  },
  session: {
    version: STEP_VERSION.session,
    with: STEP_WITH.session,
    timeoutMs: () => ASKING_MS,
  },
  wait: { version: STEP_VERSION.wait, with: STEP_WITH.wait, timeoutMs: () => ASKING_MS },
};

/** One handler a kind. A kind without one does not compile. */
export type Handlers = { readonly [K in WorkerKind]: Handler<With<K>> };

export function isWorkerKind(kind: StepKind): kind is WorkerKind {
  return STEP_EXECUTOR[kind] === "worker";
}
