import { parseArgs } from "node:util";
import { deviations } from "./deviations.ts";
import { wholePlan } from "./whole-plan.ts";
import { growth } from "./growth.ts";
import { generateInstances, readInstances } from "./instances.ts";

// npm run bench:planner: how far schedules are from the best known within a time budget, and how the first schedule of a
// plan, and all else of planning that needs no database, grow with its size. Runs on one thread.

const { values } = parseArgs({
  options: {
    /** Of files in Patterson's format, with optimum/optimum.csv. */
    folder: { type: "string" },
    "folder-budget": { type: "string", default: "1" },
    count: { type: "string", default: "24" },
    /** How many times the budget the search for the best known may take. */
    times: { type: "string", default: "10" },
    sizes: { type: "string", default: "30,60,120" },
    growth: { type: "string", default: "1000,10000,100000" },
  },
});

/** Seconds that the promises are for. */
const BUDGETS: Readonly<Record<string, number>> = { 30: 1, 60: 2, 120: 5 };

console.log(
  "| instances | seconds | from best known | as good | proven | from critical path | iterations/s |",
);
console.log("|---|---|---|---|---|---|---|");
if (values.folder !== undefined) {
  const budget = Number(values["folder-budget"]);
  console.log(deviations(values.folder, readInstances(values.folder), budget, 0));
}
for (const size of values.sizes.split(",").filter(Boolean)) {
  const instances = generateInstances(Number(size), Number(values.count));
  const budget = BUDGETS[size] ?? 5;
  console.log(deviations(`${size} tasks`, instances, budget, Number(values.times)));
}
const sizes = values.growth.split(",").filter(Boolean);
if (sizes.length > 0) {
  console.log("\n| tasks | dependencies | check | first schedule | above the bound | slack |");
  console.log("|---|---|---|---|---|---|");
  for (const size of sizes) console.log(growth(Number(size)));
}
if (sizes.length > 0) {
  console.log(
    "\n| items | validate | plan | estimate | schedule | slack | forecast | judge | digest | draw | diff | in all | a step |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
  for (const size of sizes) console.log(wholePlan(Number(size)));
}
