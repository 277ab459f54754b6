// As adapter.mjs, for workflows whose steps are steps of their own.
import { STEPS_CELLS } from "./adapter/cells.ts";

export { client } from "./adapter/client.ts";
export { prepare } from "./adapter/prepare.ts";
export { worker } from "./adapter/worker.ts";

export const meta = { id: "nofx-steps", store: "postgres", cells: STEPS_CELLS, skip: {} };
