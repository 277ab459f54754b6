export { drainWorker, undrainWorker } from "./drain.ts";
export { listWorkers } from "./list.ts";
export { pullPlug } from "./pull-plug.ts";
