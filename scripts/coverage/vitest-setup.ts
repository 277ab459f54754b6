import { processReports } from "./process-coverage.ts";

// Set here, inside the test process, it counts for the processes that tests start and not for vitest's own.
if (process.env["NOFX_COVERAGE"] === "1") process.env["NODE_V8_COVERAGE"] = processReports;
