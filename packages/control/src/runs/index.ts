export { getRun, listRunArtifacts, listRunLogs, listRuns, listRunSteps } from "./read.ts";
