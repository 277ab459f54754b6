/** Added or changed lines by file, read from `git diff --unified=0`. */
export function readChangedLines(diff: string): Map<string, Set<number>> {
  const changed = new Map<string, Set<number>>();
  let lines: Set<number> | undefined;
  for (const line of diff.split("\n")) {
    if (line.startsWith("+++ ")) {
      const path = /^\+\+\+ b\/(.*)$/.exec(line)?.[1];
      lines = path === undefined ? undefined : new Set();
      if (path !== undefined && lines !== undefined) changed.set(path, lines);
      continue;
    }
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk === null || lines === undefined) continue;
    const first = Number(hunk[1]);
    const count = hunk[2] === undefined ? 1 : Number(hunk[2]);
    for (let at = first; at < first + count; at += 1) lines.add(at);
  }
  return changed;
}
