import type { Stored, TaskContext } from "./context.ts";
import type { Keyed } from "./names.ts";

export interface UseOptions extends Keyed {
  /** What names this use in its step, across retries: the tool's name unless it is given. One that is used again takes a key. */
  name?: string;
  /** What people are asked, where they are. */
  question?: string;
  /** What the tool acts on, where the arguments do not say it. A yes holds for this target only. */
  target?: string;
  /** After this nobody's answer counts as a no. */
  expiresInSeconds?: number;
}

/** A use of a tool that may go on: its intent is stored, and the yes that it needed is used up. */
export interface ToolUse<A> {
  /** It was done in an earlier execution of this step, and gave `result`: do not use the tool again. */
  readonly done: boolean;
  readonly result: unknown;
  /** What to use it with: as asked, or as people changed it. */
  readonly arguments: A;
  /** It is done. The result is kept as a checkpoint. */
  succeeded<R>(result: R): Promise<Stored<R>>;
  /** It did nothing; trying again is another use, which has to be approved anew. */
  failed(code?: string): Promise<void>;
}

export type Reconciled<R> = { done: true; result: R } | { done: false };

export interface ToolOptions<A, R> extends UseOptions {
  /**
   * Asked when the process that began this use was lost before it could say how it ended: look at the world, and tell. Without
   * it the step fails for good, and people look: a tool is never used twice on a guess.
   */
  reconcile?: (args: A) => Reconciled<R> | Promise<Reconciled<R>>;
}

/** Tools of the catalogue: each use is noted before it begins, and waits for people where the catalogue says so. */
export interface Tools {
  /**
   * Asks people about one use of a tool, where it needs their yes, and notes that it begins. While they think no process is held.
   * Throws ToolRefusedError on a no, and where nobody answered. Call `succeeded` or `failed` on what comes back.
   */
  requireApproval<A extends Record<string, unknown>>(
    tool: string,
    args: A,
    options?: UseOptions,
  ): Promise<ToolUse<A>>;
  /** The whole of it: asks, begins, runs with what was approved, and stores the result once, like `ctx.step`. */
  tool<A extends Record<string, unknown>, R>(
    tool: string,
    args: A,
    run: (args: A) => R | Promise<R>,
    options?: ToolOptions<A, R>,
  ): Promise<Stored<R>>;
}

/** Makes of a function one that is a tool: `const deploy = requireApproval("deploy", run)`, then `await deploy(ctx, args)`. */
export function requireApproval<A extends Record<string, unknown>, R>(
  tool: string,
  run: (args: A) => R | Promise<R>,
  defaults: ToolOptions<A, R> = {},
): (ctx: Pick<TaskContext, "tool">, args: A, options?: ToolOptions<A, R>) => Promise<Stored<R>> {
  return (ctx, args, options) => ctx.tool(tool, args, run, { ...defaults, ...options });
}
