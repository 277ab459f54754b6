import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdown, renderTables } from "./tables.ts";
import { readResults, type Results } from "./results.ts";
import { aimsOf } from "./aims.ts";

export const FAST = "fast/results.jsonl";
export const SLOW = "slow/results.jsonl";

const START = "<!-- generated:start -->";
const END = "<!-- generated:end -->";

/** Writes the tables of a full run between the markers of RESULTS.md; the reading around them stays. */
export function writeReport(out: string, file: string): void {
  const body = `${START}\n\n${renderReport(out).trim()}\n\n${END}`;
  const text = existsSync(file)
    ? readFileSync(file, "utf8")
    : `# The engine beside its peers\n\n${START}\n${END}\n`;
  const from = text.indexOf(START);
  const to = text.indexOf(END);
  if (from === -1 || to < from) throw new Error(`${file} has no markers.`);
  writeFileSync(file, text.slice(0, from) + body + text.slice(to + END.length));
}

function renderReport(out: string): string {
  const fast = readResults(join(out, FAST));
  const slow = existsSync(join(out, SLOW)) ? readResults(join(out, SLOW)) : undefined;
  return [
    ...describe(fast),
    "## Aims",
    "",
    ...markdown(
      ["workload", "aim", "nofx", "aimed at", ""],
      aimsOf(fast).map((aim) => [aim.workload, aim.what, aim.ours, aim.wanted, aim.verdict]),
    ),
    "",
    "## As the disk is",
    "",
    renderTables(fast),
    ...(slow === undefined
      ? []
      : [
          "## With a slow flush",
          "",
          `Each flush waits first, as on a network disk: ${slow.session.pgSettings.slice(1).join(", ")}. Redis and Restate do not wait.`,
          "",
          renderTables(slow),
        ]),
  ].join("\n");
}

function describe({ session }: Results): string[] {
  const { machine, fsync, postgres, date } = session;
  const { server_version: version, ...settings } = postgres;
  return [
    `Measured ${date} on ${machine.cpus} × ${machine.model}, ${machine.memGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}. One 8 KiB write and its flush: p50 ${fsync.p50.toFixed(2)} ms, p95 ${fsync.p95.toFixed(2)} ms.`,
    "",
    `Postgres ${version}: ${Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join(", ")}.`,
    "",
    ...markdown(
      ["engine", "version", "store"],
      Object.entries(session.engines).map(([name, { version, store }]) => [name, version, store]),
    ),
    "",
    "Medians, with the least and the most of the repetitions. “nofx / this” is our number over theirs, each repetition by itself: for rates more than 1 is better, for times less. Differences under 20 % are none.",
    "",
  ];
}
