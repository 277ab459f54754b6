import { system } from "../seams/system.ts";
import { createEvaluator } from "./evaluator.ts";

/** The evaluator of this process. Its thread starts with the first condition. */
export const conditions = createEvaluator(system.clock);
