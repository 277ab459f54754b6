// npm run smoke:cloud, after the preparation.
import { followLauncher } from "../../scripts/lib/follow-launcher.mjs";
import { runSteps, sayTally, type Tally } from "./run-surface.ts";
import type { Surface } from "./surface.ts";
import { hierarchy } from "./surfaces/hierarchy.ts";
import { messages } from "./surfaces/messages.ts";
import { planner } from "./surfaces/planner.ts";
import { openTarget } from "./target.ts";

/** Each is a file in surfaces/. */
const SURFACES: Record<string, Surface> = { hierarchy, planner, messages };

followLauncher();
const say = (line: string) => console.log(line);
const asked = process.argv
  .slice(2)
  .map((argument) => /^--surface=(.+)$/.exec(argument)?.[1] ?? argument);
const names = asked.length === 0 ? Object.keys(SURFACES) : asked;
const unknown = names.filter((name) => !(name in SURFACES));
if (unknown.length > 0) {
  console.error(
    `There is no surface ${unknown.join(", ")}. --surface=NAME takes ${Object.keys(SURFACES).join(", ")}.`,
  );
  process.exitCode = 2;
} else {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    const target = await openTarget(process.env, say);
    try {
      for (const name of names) {
        say(`\n${name} on ${target.url}`);
        await runSteps(SURFACES[name]?.(target) ?? [], tally, say);
      }
    } finally {
      await target.close();
    }
  } catch (error) {
    tally.failed += 1;
    say(`✖ ${error instanceof Error ? error.message : String(error)}`);
  }
  say(`\n${sayTally(tally)}`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}
