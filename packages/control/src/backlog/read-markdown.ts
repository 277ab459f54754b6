import type { Task } from "@nofx/core/backlog-import";
import { MAX_IMPORT_ITEMS } from "@nofx/core/vocabulary";
import type { List, ListItem, Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";
import { splitMarkdown } from "./split-markdown.ts";
import { notInFormat } from "./unreadable.ts";

/** Lists of tasks are short; a parser of Markdown takes a second for so much. */
const MAX_MARKDOWN = 2_000_000;
const MAX_LINE = 20_000;
/** Lines that are parsed at a time, and the most of an item that cannot be cut. */
const PART = 40;
const MAX_PART = 2_000;
const MAX_ITEMS = 50_000;
/** Nobody nests lists so deep, and each level costs the parser as much as all above it. */
const MAX_LEVELS = 40;
const BOTTOMLESS = new RegExp(
  String.raw`^(?:[ \t]{0,9}(?:[-*+]|\d{1,9}[.)])[ \t]|[ \t]{0,9}>){${MAX_LEVELS}}`,
);

/** What stands in a line is taken as it is written: only headings, lists and blocks of code are looked for. */
const INLINE = [
  "attention",
  "autolink",
  "characterEscape",
  "characterReference",
  "codeText",
  "definition",
  "hardBreakEscape",
  "htmlFlow",
  "htmlText",
  "labelEnd",
  "labelStartImage",
  "labelStartLink",
];

export interface TaskList {
  readonly tasks: readonly Task[];
  /** The only heading of the first level, where it is the first thing. */
  readonly title: string | undefined;
  /** Lines of items of lists without a box. */
  readonly others: readonly number[];
}

/** The tasks of a Markdown document, `- [ ]` and `- [x]`, with the headings above them. */
export function readMarkdown(text: string): TaskList {
  refuseHostile(text);
  const found: Found = { text: "", line: 0, tasks: [], others: [] };
  const headings: { depth: number; text: string }[] = [];
  let largest = 0;
  let title: string | undefined;
  splitMarkdown(text, PART).forEach((part, nth) => {
    if (part.lines > MAX_PART) {
      const from = part.line + 1;
      throw notInFormat(
        `The item at line ${from} of the Markdown has more than ${MAX_PART} lines.`,
      );
    }
    Object.assign(found, { text: part.text, line: part.line });
    parsed(part.text).children.forEach((node, at) => {
      if (node.type === "heading") {
        const words = wordsOf(node, part.text);
        if (node.depth === 1) largest++;
        if (node.depth === 1 && nth === 0 && at === 0) title = words.slice(0, 500);
        while ((headings.at(-1)?.depth ?? 0) >= node.depth) headings.pop();
        headings.push({ depth: node.depth, text: words });
      } else if (node.type === "list") {
        const above = headings.map((heading) => heading.text);
        collect(node, above, undefined, found);
      }
    });
  });
  const { tasks, others } = found;
  if (title === undefined || largest > 1) return { tasks, title: undefined, others };
  return {
    tasks: tasks.map((task) => ({ ...task, headings: task.headings.slice(1) })),
    title,
    others,
  };
}

function parsed(text: string): Root {
  return fromMarkdown(text, {
    extensions: [gfmTaskListItem(), { disable: { null: INLINE } }],
    mdastExtensions: [gfmTaskListItemFromMarkdown()],
  });
}

interface Found {
  /** The part that is being read, and how many lines come before it. */
  text: string;
  line: number;
  readonly tasks: Task[];
  readonly others: number[];
}

function collect(
  list: List,
  headings: readonly string[],
  parent: number | undefined,
  found: Found,
): void {
  for (const item of list.children) {
    let here = parent;
    if (typeof item.checked === "boolean") {
      here = found.tasks.push(taskOf(item, headings, parent, found)) - 1;
      if (here >= MAX_IMPORT_ITEMS) {
        throw tooMany();
      }
    } else if (found.others.push(found.line + (item.position?.start.line ?? 1)) > MAX_ITEMS) {
      throw notInFormat("The Markdown has lists without end and few tasks in them.");
    }
    for (const child of item.children) {
      if (child.type === "list" && hasTasks(child)) collect(child, headings, here, found);
    }
  }
}

function taskOf(
  item: ListItem,
  headings: readonly string[],
  parent: number | undefined,
  { text, line }: Found,
): Task {
  const [first, ...rest] = item.children;
  const lines = first?.type === "paragraph" ? wordsOf(first, text).split("\n") : [];
  const details = [
    lines
      .slice(1)
      .map((line) => line.trim())
      .join("\n"),
    ...rest
      .filter((node) => node.type !== "list" || !hasTasks(node))
      .map((node) => sliceOf(node, text)),
  ];
  return {
    line: line + (item.position?.start.line ?? 1),
    text: lines[0] ?? "",
    details: details.filter((part) => part.trim() !== "").join("\n\n"),
    checked: item.checked === true,
    headings,
    parent,
  };
}

/** Whether a list holds a task at any depth. */
function hasTasks(list: List): boolean {
  return list.children.some(
    (item) =>
      typeof item.checked === "boolean" ||
      item.children.some((child) => child.type === "list" && hasTasks(child)),
  );
}

/** The text of a heading or paragraph as it is written. */
function wordsOf(node: Nodes, text: string): string {
  if (!("children" in node)) return "";
  const from = node.children[0]?.position?.start.offset;
  const to = node.children.at(-1)?.position?.end.offset;
  return from === undefined || to === undefined ? "" : text.slice(from, to).trim();
}

function sliceOf(node: Nodes, text: string): string {
  const { start, end } = node.position ?? {};
  const indent = " ".repeat(Math.max(0, (start?.column ?? 1) - 1));
  const slice = text.slice(start?.offset ?? 0, end?.offset ?? 0);
  return slice.replaceAll(`\n${indent}`, "\n");
}

const BOX = /^[ \t>]*(?:[-*+]|\d{1,9}[.)]) \[[ xX]\]/;

function tooMany() {
  const most = MAX_IMPORT_ITEMS.toLocaleString("en");
  return notInFormat(`The Markdown has more than ${most} tasks; split it.`);
}

function refuseHostile(text: string): void {
  if (text.length > MAX_MARKDOWN) {
    throw notInFormat(
      `The Markdown is longer than ${MAX_MARKDOWN.toLocaleString("en")} characters.`,
    );
  }
  const lines = text.split("\n");
  if (lines.filter((line) => BOX.test(line)).length > MAX_IMPORT_ITEMS) throw tooMany();
  lines.forEach((line, at) => {
    const tooLong = line.length > MAX_LINE;
    if (!tooLong && !BOTTOMLESS.test(line)) return;
    const what = tooLong ? `longer than ${MAX_LINE} characters` : "nested too deeply";
    throw notInFormat(`Line ${at + 1} of the Markdown is ${what}.`);
  });
}
