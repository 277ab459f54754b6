#!/usr/bin/env node
// The nofx command. Runs on any Node >= 20: on another than the project's own it starts itself again on that one.
import { fileURLToPath } from "node:url";
import { followLauncher } from "../../../scripts/lib/follow-launcher.mjs";
import { onProjectNode, runOnProjectNode } from "../../../scripts/lib/project-node.mjs";
import { main } from "../../../scripts/lib/say.mjs";

if (onProjectNode()) {
  followLauncher();
  await import("../src/main.ts");
} else {
  await main(() => runOnProjectNode(fileURLToPath(import.meta.url), process.argv.slice(2)));
}
