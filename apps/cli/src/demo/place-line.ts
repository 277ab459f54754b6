import type { HierarchyNode } from "@nofx/core/api";
import { dim, duration, green, printable, red, yellow } from "../terminal/style.ts";

const MARKS: Partial<Record<HierarchyNode["status"], string>> = {
  assigned: yellow("▸"),
  running: yellow("▸"),
  succeeded: green("✔"),
  failed: red("✖"),
  cancelled: dim("–"),
};

/** A place of the tree of a run, indented by how deep it is. */
export function placeLine(node: HierarchyNode): string {
  const { agent, session, attempts, seconds } = node;
  const what = session === null ? node.role : `${node.role}, ${session.strategy}`;
  const by = agent === null ? "" : dim(` by ${printable(agent.name)}`);
  const again = session === null && attempts > 1 ? dim(` (attempt ${attempts})`) : "";
  const took = seconds === null ? "" : dim(` ${duration(seconds * 1_000)}`);
  const why = node.errorCode === null ? "" : ` ${node.errorCode}`;
  const mark = MARKS[node.status] ?? dim("·");
  const name = node.path.slice(node.path.lastIndexOf("/") + 1);
  return `${"  ".repeat(node.depth)}${mark} ${printable(name)} ${dim(what)}${by}${again}${took}${why}`;
}
