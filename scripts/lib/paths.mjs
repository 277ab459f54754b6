import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone. */
export const root = resolve(fileURLToPath(import.meta.url), "../../..");

/** Where the running system keeps its state: databases, keys, locks. */
export const home = resolve(root, process.env.NOFX_HOME || ".nofx");

/** The project's own Node, which everything but the preparation runs on. */
export const projectNode = join(root, "node_modules/node/bin/node");
