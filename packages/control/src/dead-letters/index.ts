export { listRedriveBatches, stopRedriveBatch } from "./batches.ts";
export { discardDeadLetter, triageDeadLetter } from "./handle.ts";
export { getDeadLetter, listDeadLetters, revealDeadLetter } from "./read.ts";
export { redriveDeadLetter, redriveDeadLetters } from "./redrive.ts";
export { requestLossAcceptance, resolveDeadLetter } from "./settle.ts";
