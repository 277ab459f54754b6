export { carryOutOverride } from "./carry-out.ts";
export { createOverride } from "./create.ts";
export { listOverrides } from "./list.ts";
export { revokeOverride } from "./revoke.ts";
