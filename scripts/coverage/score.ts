/** The part of Istanbul's coverage format that is needed: where each statement begins, and how often it ran. */
export type CoverageMap = Record<
  string,
  {
    path: string;
    statementMap: Record<string, { start: { line: number; column: number } }>;
    s: Record<string, number>;
  }
>;

export interface FileScore {
  file: string;
  covered: number;
  total: number;
}

/** For each line on which a statement begins: whether any of its statements ran. */
function linesOf({ statementMap, s }: CoverageMap[string]): Map<number, boolean> {
  const lines = new Map<number, boolean>();
  for (const [id, { start }] of Object.entries(statementMap)) {
    lines.set(start.line, (lines.get(start.line) ?? false) || (s[id] ?? 0) > 0);
  }
  return lines;
}

/**
 * How many of the changed lines that hold a statement were run, by file, the worst first. `ranElsewhere` knows of lines that ran
 * in processes which the tests started.
 */
export function scoreChanges(
  root: string,
  coverage: CoverageMap,
  changed: ReadonlyMap<string, ReadonlySet<number>>,
  ranElsewhere: (file: string, line: number) => boolean = () => false,
): FileScore[] {
  const scores: FileScore[] = [];
  for (const entry of Object.values(coverage)) {
    const file = entry.path.replace(`${root}/`, "");
    const wanted = changed.get(file);
    if (wanted === undefined) continue;
    const lines = [...linesOf(entry)].filter(([line]) => wanted.has(line));
    if (lines.length === 0) continue;
    const covered = lines.filter(([line, ran]) => ran || ranElsewhere(entry.path, line)).length;
    scores.push({ file, covered, total: lines.length });
  }
  return scores.sort((a, b) => b.total - b.covered - (a.total - a.covered));
}
