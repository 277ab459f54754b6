import { z } from "zod";

/**
 * What a budget counts. `usd` in whole picodollars; `depth` is how deep under its root something is, and is compared, never summed;
 * the others are summed.
 */
export const BudgetMeasure = z.enum(["usd", "tokens", "calls", "agents", "fan_out", "depth"]);
export type BudgetMeasure = z.infer<typeof BudgetMeasure>;

/** Whose use is summed, from the narrowest to the widest; a model stands beside them. */
export const BudgetScope = z.enum(["step", "run", "agent", "team", "tenant", "model"]);
export type BudgetScope = z.infer<typeof BudgetScope>;

/**
 * When a sum begins anew: by the clock of the tenant's time zone, never (`total`), or as soon as a reservation ends, so that only
 * what is under way counts (`at_once`).
 */
export const BudgetWindow = z.enum(["minute", "hour", "day", "month", "total", "at_once"]);
export type BudgetWindow = z.infer<typeof BudgetWindow>;

/** What is told to whoever asks for more than is left. */
export const BudgetOutcome = z.enum(["stop", "degrade", "ask", "wrap_up"]);
export type BudgetOutcome = z.infer<typeof BudgetOutcome>;

/** The strictest first: where several budgets are spent, it is told. */
export const STRICTEST_FIRST = [
  "stop",
  "ask",
  "wrap_up",
  "degrade",
] as const satisfies readonly BudgetOutcome[];
