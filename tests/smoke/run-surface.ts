import { Skip, type Step } from "./surface.ts";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs steps in their order and says each as it ends. After one that failed the others are left out. */
export async function runSteps(
  steps: readonly Step[],
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  let broken: string | undefined;
  for (const { name, run } of steps) {
    if (broken !== undefined) {
      tally.skipped += 1;
      say(`- ${name}: left out, because "${broken}" failed`);
      continue;
    }
    try {
      const note = await run();
      tally.passed += 1;
      say(`✔ ${name}${typeof note === "string" ? `: ${note}` : ""}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof Skip) {
        tally.skipped += 1;
        say(`- ${name}: ${why}`);
      } else {
        tally.failed += 1;
        broken = name;
        say(`✖ ${name}: ${why}`);
      }
    }
  }
}

export const sayTally = ({ passed, failed, skipped }: Tally) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
