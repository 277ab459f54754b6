export { cancelRun, cancelStep, pauseRun, resumeRun } from "./control.ts";
export { forkRun, rerunRun } from "./fork.ts";
export { getRun, listRunArtifacts, listRunLogs, listRuns, listRunSteps } from "./read.ts";
