// Coverage of the Node processes that tests start (the worker, the CLI, agents). They run TypeScript as it is: Node replaces types by
// spaces, so the positions in V8's report are positions in the source.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../lib/paths.mjs";

/** Where those processes leave their reports. */
export const processReports = join(root, "coverage/processes");

interface Range {
  startOffset: number;
  endOffset: number;
  count: number;
}

interface Report {
  result: { url: string; functions: { ranges: Range[] }[] }[];
  /** Files that ran transformed: their positions are not those of the source. */
  "source-map-cache"?: Record<string, unknown>;
}

/** Whether the position was run, which the innermost range around it says. */
function ran(ranges: readonly Range[], offset: number): boolean {
  let innermost: Range | undefined;
  for (const range of ranges) {
    if (offset < range.startOffset || offset >= range.endOffset) continue;
    const size = range.endOffset - range.startOffset;
    if (innermost === undefined || size <= innermost.endOffset - innermost.startOffset)
      innermost = range;
  }
  return innermost !== undefined && innermost.count > 0;
}

/** The offset of the first character on each line that is not a blank. */
function lineStarts(source: string): number[] {
  let offset = 0;
  return source.split("\n").map((line) => {
    const start = offset + (line.length - line.trimStart().length);
    offset += line.length + 1;
    return start;
  });
}

/** A process killed while it wrote its report leaves half of one, which says nothing. */
function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

/** Reads the reports in a folder: answers whether any process ran a line of a file. */
export function readProcessCoverage(
  folder: string,
  source: (file: string) => string = (file) => readFileSync(file, "utf8"),
): (file: string, line: number) => boolean {
  const runs = new Map<string, Range[][]>();
  const reports = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of reports.filter((each) => each.endsWith(".json"))) {
    const report = parse(readFileSync(join(folder, name), "utf8"));
    if (report === undefined) continue;
    for (const { url, functions } of report.result) {
      if (url in (report["source-map-cache"] ?? {})) continue;
      if (!url.startsWith("file:") || url.includes("/node_modules/") || !/\.m?ts$/.test(url))
        continue;
      const file = fileURLToPath(url);
      const ranges = functions.flatMap((each) => each.ranges);
      runs.set(file, [...(runs.get(file) ?? []), ranges]);
    }
  }
  const starts = new Map<string, number[]>();
  return (file, line) => {
    const found = runs.get(file);
    if (found === undefined) return false;
    let offsets = starts.get(file);
    if (offsets === undefined) starts.set(file, (offsets = lineStarts(source(file))));
    const offset = offsets[line - 1];
    return offset !== undefined && found.some((ranges) => ran(ranges, offset));
  };
}
