import type { StructuredPatch } from "diff";

export interface ReviewFacts {
  patch: StructuredPatch[];
  maxLines: number;
  mayChange: readonly string[];
  /** Test reports by name. */
  reports: ReadonlyMap<string, string>;
}

export interface Finding {
  rule: string;
  /** `stop` is a reason to turn the patch down, `note` is worth saying. */
  level: "fine" | "note" | "stop";
  text: string;
}

export type Rule = (facts: ReviewFacts) => Finding;

const finding = (rule: string, level: Finding["level"], text: string): Finding => ({
  rule,
  level,
  text,
});

const pathOf = (file: StructuredPatch) =>
  (file.newFileName ?? file.oldFileName ?? "").replace(/^[ab]\//, "");

export const pathsOf = (patch: readonly StructuredPatch[]) => patch.map(pathOf);

export function changedLines(patch: readonly StructuredPatch[]): {
  added: string[];
  removed: string[];
} {
  const lines = patch.flatMap((file) => file.hunks.flatMap((hunk) => hunk.lines));
  return {
    added: lines.filter((line) => line.startsWith("+")).map((line) => line.slice(1)),
    removed: lines.filter((line) => line.startsWith("-")).map((line) => line.slice(1)),
  };
}

const isTest = (path: string) => /(^|\/)tests?\/|\.(test|spec)\.[cm]?[jt]s$/.test(path);

const size: Rule = ({ patch, maxLines }) => {
  const { added, removed } = changedLines(patch);
  const lines = added.length + removed.length;
  if (lines === 0) return finding("size", "stop", "The patch changes nothing.");
  return lines <= maxLines
    ? finding("size", "fine", `${added.length} lines added, ${removed.length} removed.`)
    : finding(
        "size",
        "stop",
        `${lines} changed lines are more than the ${maxLines} that one look can judge.`,
      );
};

const place: Rule = ({ patch, mayChange }) => {
  const outside = pathsOf(patch).filter(
    (path) => !mayChange.some((folder) => path.startsWith(folder)),
  );
  return outside.length === 0
    ? finding("place", "fine", `Touches ${pathsOf(patch).join(", ")}.`)
    : finding("place", "stop", `Touches what it may not: ${outside.join(", ")}.`);
};

const tests: Rule = ({ patch }) => {
  const touched = pathsOf(patch).filter(isTest);
  return touched.length === 0
    ? finding(
        "tests",
        "note",
        "No test is changed: the failing test that was there has to show the fix.",
      )
    : finding("tests", "stop", `Changes the tests that are to judge it: ${touched.join(", ")}.`);
};

const SUSPICIOUS: readonly (readonly [RegExp, string])[] = [
  [/\bdebugger\b|\bconsole\.(log|debug)\(/, "debugging left behind"],
  [/\beval\(|\bnew Function\(/, "code made from text"],
  [/\bchild_process\b|\bprocess\.(exit|env)\b/, "a reach outside of the program"],
  [/\.(only|skip)\(/, "a test switched off"],
  [/\bTODO\b|\bFIXME\b/, "unfinished work"],
  [/\/\/\s*(eslint|oxlint|ts)-|@ts-(ignore|nocheck)/, "a check switched off"],
];

const content: Rule = ({ patch }) => {
  const { added } = changedLines(patch);
  const found = SUSPICIOUS.filter(([pattern]) => added.some((line) => pattern.test(line))).map(
    ([, what]) => what,
  );
  return found.length === 0
    ? finding("content", "fine", "Nothing in the added lines that does not belong there.")
    : finding("content", "stop", `The added lines have ${found.join(", ")}.`);
};

const evidence: Rule = ({ reports }) => {
  const counts = [...reports].map(([name, text]) => {
    const match = /(\d+) passed, (\d+) failed/.exec(text);
    return { name, passed: Number(match?.[1] ?? 0), failed: Number(match?.[2] ?? 0) };
  });
  // The newest report is the last that was needed: an earlier one may show the failure that is being fixed.
  const last = counts.at(-1);
  if (!last) return finding("evidence", "stop", "No test report came with the patch.");
  if (last.failed > 0)
    return finding("evidence", "stop", `${last.name}: ${last.failed} tests fail.`);
  return last.passed > 0
    ? finding("evidence", "fine", `${last.name}: all ${last.passed} tests pass.`)
    : finding("evidence", "stop", `${last.name} does not say how many tests passed.`);
};

/** In the order in which they are read. */
export const RULES: readonly Rule[] = [size, place, tests, content, evidence];
