export { advance, start, unended, wakeAfter } from "./advance.ts";
export { Subtask } from "./hierarchical.ts";
export { Review } from "./pair.ts";
export * from "./session.ts";
export { BOARD } from "./swarm.ts";
