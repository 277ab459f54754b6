export { listLegalHolds, liftLegalHold, placeLegalHold } from "./holds.ts";
export { getRedaction, listRedactions } from "./list.ts";
export { createMessageKeeper, type MessageKeeper } from "./message-keeper.ts";
export { purgeDue, type PurgedFiles } from "./purge-due.ts";
export { redact } from "./redact.ts";
