export { ScheduleProblem } from "./problem.ts";
