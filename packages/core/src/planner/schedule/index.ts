export { analyse, type ScheduleAnalysis } from "./analyse.ts";
export { checkProblem } from "./check-problem.ts";
export { improveUntil } from "./improve-until.ts";
export { Predecessor, ScheduleProblem, ScheduleTask } from "./problem.ts";
export { best, improve, lowerBound, type Schedule, type ScheduleState, start } from "./state.ts";
