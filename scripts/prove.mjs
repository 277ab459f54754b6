// npm run prove: as npm test, with the full counts (longer properties, more chaos), before an issue counts as resolved.
import { runTests } from "./lib/run-tests.mjs";

await runTests("npm run prove", { PROVE: "1" });
