export { getComparison, listComparisons } from "./list.ts";
export { runComparison } from "./run.ts";
export { startComparison } from "./start.ts";
