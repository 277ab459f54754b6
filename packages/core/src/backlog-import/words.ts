import type { ItemType } from "../vocabulary/index.ts";

const PRIORITIES: Record<string, number> = {
  highest: 1,
  blocker: 1,
  critical: 1,
  urgent: 1,
  p0: 1,
  high: 2,
  major: 2,
  medium: 3,
  normal: 3,
  moderate: 3,
  low: 4,
  minor: 4,
  lowest: 5,
  trivial: 5,
};

/** A priority as people and other systems write it: 1 to 5, P1, High, Blocker, `2 - High`. */
export function priorityOf(text: string): number | undefined {
  if (text.length > 60) return undefined;
  const word = text.trim().toLowerCase();
  const number = /^p?([1-5])(?:\s*[-–:]\s*[a-z ]+)?$/.exec(word)?.[1];
  if (number !== undefined) return Number(number);
  return Object.hasOwn(PRIORITIES, word) ? PRIORITIES[word] : undefined;
}

const TYPES: Record<string, ItemType> = {
  bug: "bug",
  defect: "bug",
  incident: "bug",
  problem: "bug",
  feature: "feature",
  "new feature": "feature",
  "feature request": "feature",
  enhancement: "feature",
  improvement: "feature",
  story: "feature",
  "user story": "feature",
  epic: "feature",
  initiative: "feature",
  chore: "chore",
  task: "chore",
  "sub-task": "chore",
  subtask: "chore",
  documentation: "chore",
  docs: "chore",
  maintenance: "chore",
  dependencies: "chore",
  refactor: "chore",
  research: "research",
  spike: "research",
  investigation: "research",
  question: "research",
};

/** The type that another system's word stands for; `type: bug` and `kind/bug` are bugs too. */
export function typeOf(text: string): ItemType | undefined {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^(?:type|kind)\s*[:/]\s*/, "");
  return Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
}

const DONE = new Set(
  (
    "done|closed|resolved|complete|completed|finished|fixed|merged|shipped|released|cancelled|canceled|rejected|abandoned|removed|" +
    "won't do|won't fix|wontfix|duplicate|invalid|cannot reproduce|declined"
  ).split("|"),
);

/** Whether a status or a resolution means that nothing is left to do. */
export function isDone(text: string): boolean {
  return DONE.has(text.trim().toLowerCase().replaceAll("’", "'"));
}

const YES = new Set(["true", "yes", "y", "1", "x"]);
const NO = new Set(["false", "no", "n", "0", ""]);

export function yesOrNo(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return YES.has(word) ? true : NO.has(word) ? false : undefined;
}
