/** What a log keeps of an error. */
export interface Loggable {
  type: string;
  message: string;
  code?: string;
  constraint?: string;
  stack?: string;
  cause?: Loggable;
  errors?: Loggable[];
}

/**
 * An error as it may be logged. Of a database's error that is code, constraint and message: its `detail` and `where` hold
 * the rows and values of tenants, which a log must not.
 */
export function loggable(error: unknown, levels = 5): Loggable {
  if (!(error instanceof Error))
    return { type: typeof error, message: String(error).slice(0, 500) };
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  const inner = levels > 0;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" && { code }),
    ...(typeof constraint === "string" && { constraint }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(inner && error.cause !== undefined && { cause: loggable(error.cause, levels - 1) }),
    ...(inner &&
      error instanceof AggregateError && {
        errors: error.errors.slice(0, 5).map((one) => loggable(one, levels - 1)),
      }),
  };
}
