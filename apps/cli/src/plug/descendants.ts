import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Everything that a process has started, and what that has started; itself not. */
export function descendantsOf(pid: number): number[] {
  const parents = process.platform === "linux" ? parentsFromProc() : parentsFromPs();
  const found: number[] = [];
  for (let next = [pid]; next.length > 0;) {
    const children = parents.filter(([, parent]) => next.includes(parent)).map(([child]) => child);
    found.push(...children);
    next = children;
  }
  return found;
}

type ChildAndParent = readonly [pid: number, parent: number];

function parentsFromProc(): ChildAndParent[] {
  return readdirSync("/proc").flatMap((name): ChildAndParent[] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // the name in brackets may hold anything, brackets too
      const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [[Number(name), Number(parent)]];
    } catch {
      return [];
    }
  });
}

function parentsFromPs(): ChildAndParent[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  return (stdout ?? "").split("\n").flatMap((line): ChildAndParent[] => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return pid === undefined || parent === undefined ? [] : [[pid, parent]];
  });
}
