import { hasBrand } from "./brand.ts";

const LEASE_LOST = Symbol.for("nofx.sdk.lease-lost");
const CANCELLED = Symbol.for("nofx.sdk.cancelled");
const SHUTDOWN = Symbol.for("nofx.sdk.shutdown");
const NAME_REUSED = Symbol.for("nofx.sdk.name-reused");

/** This process no longer owns the step: somebody else may be executing it. What it still does is dropped. */
export class LeaseLostError extends Error {
  readonly [LEASE_LOST] = true;

  constructor(stepName: string, options: { cause?: unknown } = {}) {
    super(`The lease of step "${stepName}" is lost: stop, the result will be dropped.`, options);
    this.name = "LeaseLostError";
  }

  static is(value: unknown): value is LeaseLostError {
    return hasBrand(value, LEASE_LOST);
  }
}

/** People cancelled the run. The reason of `ctx.signal`. */
export class CancelledError extends Error {
  readonly [CANCELLED] = true;

  constructor(stepName: string) {
    super(`Step "${stepName}" was cancelled.`);
    this.name = "CancelledError";
  }

  static is(value: unknown): value is CancelledError {
    return hasBrand(value, CANCELLED);
  }
}

/** The agent's process is stopping; the step goes back and continues elsewhere. The reason of `ctx.signal`. */
export class ShutdownError extends Error {
  readonly [SHUTDOWN] = true;

  constructor() {
    super("This agent is shutting down; the step is given back.");
    this.name = "ShutdownError";
  }

  static is(value: unknown): value is ShutdownError {
    return hasBrand(value, SHUTDOWN);
  }
}

/** A checkpoint, an approval or an artifact has a name that this execution has used already. */
export class NameReusedError extends Error {
  readonly [NAME_REUSED] = true;

  constructor(what: string, name: string) {
    super(
      `${what} "${name}" is used twice in one execution. Names identify results across retries: ` +
        "give each its own; in a loop, a key: { key: item.id }.",
    );
    this.name = "NameReusedError";
  }

  static is(value: unknown): value is NameReusedError {
    return hasBrand(value, NAME_REUSED);
  }
}
