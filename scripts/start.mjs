// npm start: from a fresh clone to the running control plane.
import { runNofx } from "./lib/run-nofx.mjs";

await runNofx("npm start", "dev");
