// npm test: everything that is tested, from a fresh clone. The last line says how many passed, failed and were skipped.
import { runTests } from "./lib/run-tests.mjs";

await runTests("npm test");
