import { StepStatus } from "@nofx/core/vocabulary";
import { z } from "zod";

export interface StepFailure {
  readonly code: string;
  readonly message: string;
  readonly data?: Record<string, unknown> | undefined;
}

/** How one claim ends. `retryMs` asks for another try after that time, while the step's budget lasts. */
export type Settlement = {
  readonly stepId: string;
  readonly epoch: number;
  /** What the step called, like `http:api.example.com`: its retries come out of one budget. */
  readonly dependency?: string | undefined;
} & (
  | { readonly outcome: "succeeded"; readonly output: unknown }
  | {
      readonly outcome: "failed";
      readonly error: StepFailure;
      readonly retryMs?: number | undefined;
    }
  | { readonly outcome: "released" }
);

export const SettleAnswer = z.object({
  results: z.array(
    z.object({
      step_id: z.string(),
      epoch: z.number(),
      result: z.enum(["settled", "stale"]),
      status: StepStatus.nullish(),
      /** Of what is stale: `lost`; `conflict` must never be seen. */
      reason: z.enum(["lost", "conflict"]).optional(),
    }),
  ),
  for_workers: z.number(),
  for_agents: z.number(),
});
export type SettleAnswer = z.infer<typeof SettleAnswer>;

/** As `engine.settle` takes it; what is undefined is left out by JSON. */
export function settlementRow(settlement: Settlement): Record<string, unknown> {
  const { stepId: step_id, epoch, outcome, dependency } = settlement;
  switch (settlement.outcome) {
    case "succeeded":
      return { step_id, epoch, outcome, dependency, output: settlement.output ?? null };
    case "failed": {
      const { error, retryMs } = settlement;
      const retry_ms = retryMs === undefined ? null : Math.ceil(retryMs);
      return { step_id, epoch, outcome, dependency, error, retry_ms };
    }
    case "released":
      return { step_id, epoch, outcome, dependency };
  }
}
