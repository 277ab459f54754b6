export { decideFirings, LATE_MS, MAX_DUE, type Due, type Firing } from "./decide-firings.ts";
export { nextOfInterval } from "./next-of-interval.ts";
