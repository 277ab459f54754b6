export interface References {
  readonly needs: readonly number[];
  readonly blocks: readonly number[];
  /** Named, and in another repository. */
  readonly elsewhere: readonly string[];
}

const ONE = String.raw`(?:[\w.-]{1,100}/[\w.-]{1,100})?#\d{1,9}|https://[\w.-]{1,100}/[\w.-]{1,100}/[\w.-]{1,100}/(?:issues|pull)/\d{1,9}`;
const LIST = String.raw`((?:${ONE})(?:(?:\s?,\s{0,3}(?:and\s)?|\s{1,3}and\s{1,3}|\s{1,3})(?:${ONE}))*)`;
const NEEDS = new RegExp(
  String.raw`\b(?:depends\s{1,3}on|dependent\s{1,3}on|blocked\s{1,3}by|requires|waits\s{1,3}for)\s{0,3}:?\s{0,3}${LIST}`,
  "gi",
);
const BLOCKS = new RegExp(String.raw`\bblocks\s{0,3}:?\s{0,3}${LIST}`, "gi");
/** An issue in the list of tasks of another is part of it. */
const TASK = new RegExp(String.raw`^[ \t]*[-*+] \[[ xX]\][ \t]+(${ONE})[ \t]*$`, "gm");

/** What the text of an issue says about other issues: "depends on #12", "blocked by #3 and #4", lists of tasks. */
export function referencesIn(body: string, repository: string | undefined): References {
  const text = withoutCode(body);
  const elsewhere = new Set<string>();
  const numbers = (pattern: RegExp) => {
    const found = new Set<number>();
    for (const [, list = ""] of text.matchAll(pattern)) {
      for (const [reference] of list.matchAll(new RegExp(ONE, "g"))) {
        const { owner, number } = partsOf(reference);
        const here = owner === undefined || owner.toLowerCase() === repository?.toLowerCase();
        if (here) found.add(number);
        else elsewhere.add(reference);
      }
    }
    return found;
  };
  const needs = [...new Set([...numbers(NEEDS), ...numbers(TASK)])];
  return { needs, blocks: [...numbers(BLOCKS)], elsewhere: [...elsewhere] };
}

function partsOf(reference: string): { owner: string | undefined; number: number } {
  const number = Number(/(\d+)$/.exec(reference)?.[1]);
  const url = /^https:\/\/[^/]+\/([^/]+\/[^/]+)\//.exec(reference)?.[1];
  const short = /^([^#/]+\/[^#/]+)#/.exec(reference)?.[1];
  return { owner: url ?? short, number };
}

/** Text without fenced blocks and code: what stands there is quoted. */
function withoutCode(body: string): string {
  let fence: string | undefined;
  const kept: string[] = [];
  for (const line of body.split("\n")) {
    const mark = /^ {0,3}(```+|~~~+)/.exec(line)?.[1];
    if (fence === undefined && mark === undefined) kept.push(line.replaceAll(/`[^`]*`/g, ""));
    else if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) === true) fence = undefined;
  }
  return kept.join("\n");
}
