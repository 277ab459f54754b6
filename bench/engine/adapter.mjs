// The peers' bench loads this file: run.sh --adapter nofx=<path of this file>.
import { CELLS } from "./adapter/cells.ts";

export { client } from "./adapter/client.ts";
export { prepare } from "./adapter/prepare.ts";
export { worker } from "./adapter/worker.ts";

export const meta = { id: "nofx", store: "postgres", cells: CELLS, skip: {} };
