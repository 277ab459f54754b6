import type { AttemptTold } from "@nofx/control/model-endpoint";
import type { Metrics } from "../metrics.ts";

/** An attempt at a model. Names of models and callers are no labels: tenants choose them. */
export function countAttempt(
  metrics: Metrics,
  { endpoint, outcome, code, latencyMs, firstTokenMs }: AttemptTold,
): void {
  metrics.count("nofx_model_attempts_total", { endpoint, outcome, code: code ?? "none" });
  metrics.observe("nofx_model_latency_seconds", latencyMs / 1_000, { endpoint, outcome });
  if (firstTokenMs !== null) {
    metrics.observe("nofx_model_first_token_seconds", firstTokenMs / 1_000, { endpoint });
  }
}
