import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone. */
export const root = resolve(fileURLToPath(import.meta.url), "../../..");

/** Where the running system keeps its state: databases, keys, locks. */
export const home = resolve(root, process.env.NOFX_HOME || ".nofx");

const packaged = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);

/**
 * The project's own Node, which everything but the preparation runs on: Node 24 from npm on Linux. npm has no current one for
 * macOS, so there the machine's is used, which the preparation wants to be 24 or newer.
 */
export const projectNode = process.platform === "linux" ? packaged : process.execPath;
