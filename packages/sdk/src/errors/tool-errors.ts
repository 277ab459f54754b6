import { hasBrand } from "./brand.ts";

const REFUSED = Symbol.for("nofx.sdk.tool-refused");
const UNKNOWN = Symbol.for("nofx.sdk.tool-outcome-unknown");

/** People said no to this use of a tool, or nobody answered in time. Fails the step for good, unless it is caught. */
export class ToolRefusedError extends Error {
  readonly [REFUSED] = true;
  readonly tool: string;
  readonly status: "rejected" | "expired";
  readonly reason: string | undefined;

  constructor(tool: string, status: "rejected" | "expired", reason?: string) {
    super(
      status === "rejected"
        ? `People said no to ${tool}${reason === undefined ? "." : `: ${reason}`}`
        : `Nobody approved ${tool} in time.`,
    );
    this.name = "ToolRefusedError";
    this.tool = tool;
    this.status = status;
    this.reason = reason;
  }

  static is(value: unknown): value is ToolRefusedError {
    return hasBrand(value, REFUSED);
  }
}

/** Whoever began this use of a tool was lost before saying how it ended. Fails the step for good: people have to look. */
export class ToolOutcomeUnknownError extends Error {
  readonly [UNKNOWN] = true;
  readonly tool: string;

  constructor(tool: string) {
    super(
      `${tool} was begun before, and nobody can tell how far it came. Look at what it acts on; give \`reconcile\` to have this told by code.`,
    );
    this.name = "ToolOutcomeUnknownError";
    this.tool = tool;
  }

  static is(value: unknown): value is ToolOutcomeUnknownError {
    return hasBrand(value, UNKNOWN);
  }
}
