export { abortAfter, type Deadline } from "./abort-after.ts";
export type { Clock, Random, Seams, TimerOptions } from "./seams.ts";
