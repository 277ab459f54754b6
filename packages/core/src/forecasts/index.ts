export { planResources, type Capacities, type PlanResource, type StepLimit } from "./capacities.ts";
export { forecastPlan, type PlanForecast } from "./forecast-plan.ts";
export { planProblem, type PlanProblem } from "./schedule-problem.ts";
export { timetableOf, type Timetable } from "./timetable.ts";
