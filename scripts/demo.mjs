// npm run demo: the main job without a browser, from a fresh clone.
import { runNofx } from "./lib/run-nofx.mjs";

await runNofx("npm run demo", "demo");
