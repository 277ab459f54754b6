import { foldAgentEvidence, type EvidenceStore } from "@nofx/control/agents";
import type { Clock } from "@nofx/core/seams";

const EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 600_000;
const PRUNE = 1_000;

/** Folds attempts of agents into what is known of them, and lets their breakers judge. Runs in the worker that leads; never throws. */
export async function evidenceLoop(
  { clock, store }: { readonly clock: Clock; readonly store: EvidenceStore },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  let pruneAt = clock.now();
  while (!signal.aborted) {
    let folded = 0;
    try {
      folded = await foldAgentEvidence(store);
      if (clock.now() >= pruneAt) {
        pruneAt = clock.now() + PRUNE_EVERY_MS;
        await store.prune(PRUNE);
      }
    } catch (error) {
      onError(error);
    }
    if (folded === 0) await clock.sleep(EVERY_MS, signal);
  }
}
