import { Warnings, type Draft, type DraftRow } from "./draft.ts";
import { hasHidden, idFromTitle, idOf, labelOf, slug, visible } from "./names.ts";
import { cutTo } from "./read-table.ts";
import { priorityOf, typeOf } from "./words.ts";

/** One `- [ ]` of a Markdown document. */
export interface Task {
  readonly line: number;
  readonly text: string;
  /** What stands below the first line and is no task. */
  readonly details: string;
  readonly checked: boolean;
  /** The headings it stands under, the largest first. */
  readonly headings: readonly string[];
  /** The task it stands in, as an index into the list. */
  readonly parent: number | undefined;
}

/** Tasks of a Markdown list as items; checked ones are done. */
export function readTasks(
  tasks: readonly Task[],
  title: string | undefined,
  sha256: (text: string) => string,
): Draft {
  const warnings = new Warnings();
  const seen = new Map<string, number>();
  const read = tasks.map((task) => {
    const parts = partsOf(task, warnings);
    return { task, parts, id: idFor(parts, seen, sha256) };
  });
  const done = new Set<string>();
  const rows: DraftRow[] = [];
  for (const { task, parts, id } of read) {
    const aliases = [slug(parts.title)].filter((alias) => alias !== "" && alias !== id);
    if (task.checked) {
      for (const name of [id, ...aliases]) done.add(name);
      continue;
    }
    const parent = task.parent === undefined ? undefined : read[task.parent]?.id;
    const links = {
      needs: parts.needs,
      blockedBy: [],
      blocks: [],
      parents: parent === undefined ? [] : [parent],
    };
    const { line: place } = task;
    rows.push({ place, raw: rawOf(task, parts, id, warnings), links, aliases, problems: [] });
  }
  const skipped = tasks.length - rows.length;
  const pack = title === undefined ? undefined : slug(title) || undefined;
  return { rows, done: [...done], skipped, warnings, pack, title };
}

interface TaskParts {
  readonly title: string;
  readonly id: string | undefined;
  readonly labels: readonly string[];
  readonly owner: string | undefined;
  readonly priority: number | undefined;
  readonly needs: readonly string[];
}

/** `Title #label @owner !p1 (needs: a, b) (id: x)`, the marks in any order and place. */
function partsOf(task: Task, warnings: Warnings): TaskParts {
  if (hasHidden(task.text)) warnings.add("hidden characters were taken out", task.line);
  const found = { id: undefined as string | undefined, needs: [] as string[] };
  const text = visible(task.text).replaceAll(
    /\((needs|after|id):([^()]{0,2000})\)/gi,
    (_, word: string, list: string) => {
      if (word.toLowerCase() === "id") found.id = idOf(list) || undefined;
      else found.needs.push(...list.split(",").map((name) => idOf(name)));
      return " ";
    },
  );
  const labels: string[] = [];
  const owners: string[] = [];
  let priority: number | undefined;
  const words = text.split(/\s+/).filter((word) => {
    if (/^#[^\s#]*\p{L}/u.test(word)) labels.push(word.slice(1));
    else if (/^@[\w.-]+(?:\/[\w.-]+)?$/.test(word)) owners.push(word.slice(1));
    else if (/^!\w+$/.test(word) && priorityOf(word.slice(1)) !== undefined) {
      priority = priorityOf(word.slice(1));
    } else return word !== "";
    return false;
  });
  if (owners.length > 1) warnings.add("an item has one owner: the first that is named", task.line);
  const needs = found.needs.filter((name) => name !== "");
  return { title: words.join(" "), id: found.id, labels, owner: owners[0], priority, needs };
}

/** Titles that are there twice get numbers, in their order. */
function idFor(
  parts: TaskParts,
  seen: Map<string, number>,
  sha256: (text: string) => string,
): string {
  if (parts.id !== undefined) return parts.id;
  const id = idFromTitle(parts.title, sha256);
  const times = (seen.get(id) ?? 0) + 1;
  seen.set(id, times);
  return times === 1 ? id : `${id}-${times}`;
}

function rawOf(
  task: Task,
  parts: TaskParts,
  id: string,
  warnings: Warnings,
): Record<string, unknown> {
  const { owner, priority } = parts;
  const labels = [...parts.labels.map(labelOf), ...task.headings.map((heading) => slug(heading))];
  const details = visible(task.details).trim();
  return {
    id,
    title: parts.title,
    type: parts.labels.map(typeOf).find((type) => type !== undefined) ?? "chore",
    labels: [...new Set(labels)].filter((label) => label !== ""),
    ...(details === "" ? {} : { description: cutTo(details, warnings, task.line) }),
    ...(owner === undefined ? {} : { owner }),
    ...(priority === undefined ? {} : { priority }),
  };
}
