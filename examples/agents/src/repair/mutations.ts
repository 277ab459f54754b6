import { parse, tokenizer, type Token } from "acorn";
import { z } from "zod";

/** One token replaced by another. */
export const Mutation = z.object({
  file: z.string(),
  /** Where the token begins, in UTF-16 units from the start of the file. */
  offset: z.int(),
  line: z.int(),
  before: z.string(),
  after: z.string(),
  /** How likely such a slip is: 1 before 2 before 3. */
  tier: z.int(),
});
export type Mutation = z.infer<typeof Mutation>;

/** Slips by tier: first the edges of a comparison, then its direction and arithmetic, then the rest. */
const OPERATORS: Record<string, readonly (readonly [after: string, tier: number])[]> = {
  "<": [
    ["<=", 1],
    [">", 2],
    [">=", 3],
  ],
  "<=": [
    ["<", 1],
    [">=", 2],
    [">", 3],
  ],
  ">": [
    [">=", 1],
    ["<", 2],
    ["<=", 3],
  ],
  ">=": [
    [">", 1],
    ["<=", 2],
    ["<", 3],
  ],
  "===": [["!==", 2]],
  "!==": [["===", 2]],
  "==": [["!=", 2]],
  "!=": [["==", 2]],
  "+": [["-", 2]],
  "-": [["+", 2]],
  "*": [["/", 2]],
  "/": [["*", 2]],
  "%": [["/", 3]],
  "+=": [["-=", 2]],
  "-=": [["+=", 2]],
  "++": [["--", 2]],
  "--": [["++", 2]],
  "&&": [["||", 2]],
  "||": [
    ["&&", 2],
    ["??", 3],
  ],
  "??": [["||", 3]],
};

const WORDS: Record<string, readonly (readonly [after: string, tier: number])[]> = {
  true: [["false", 2]],
  false: [["true", 2]],
  min: [["max", 2]],
  max: [["min", 2]],
  floor: [
    ["ceil", 2],
    ["round", 3],
  ],
  ceil: [
    ["floor", 2],
    ["round", 3],
  ],
  round: [
    ["floor", 2],
    ["ceil", 3],
  ],
};

const NOT_OPERATORS = new Set(["string", "template", "regexp", "privateId"]);

/** Every program that differs from this one in one token and still parses, likeliest slips first. */
export function mutationsOf(file: string, source: string): Mutation[] {
  const found: Mutation[] = [];
  let previous: Token | undefined;
  for (const token of tokenizer(source, { ecmaVersion: "latest", sourceType: "module" })) {
    const before = source.slice(token.start, token.end);
    for (const [after, tier] of replacements(before, token, previous, source)) {
      const mutation = {
        file,
        offset: token.start,
        line: lineAt(source, token.start),
        before,
        after,
        tier,
      };
      if (parses(applyMutation(source, mutation))) found.push(mutation);
    }
    previous = token;
  }
  return found.sort((a, b) => a.tier - b.tier || a.offset - b.offset);
}

export function applyMutation(source: string, { offset, before, after }: Mutation): string {
  return source.slice(0, offset) + after + source.slice(offset + before.length);
}

function replacements(
  text: string,
  token: Token,
  previous: Token | undefined,
  source: string,
): readonly (readonly [after: string, tier: number])[] {
  if (token.type.label === "num") return numbers(text);
  if (token.type.label === "true" || token.type.label === "false") return WORDS[text] ?? [];
  if (token.type.label === "name") {
    const member = previous !== undefined && source.slice(previous.start, previous.end) === ".";
    return (member && Object.hasOwn(WORDS, text) && WORDS[text]) || [];
  }
  // Strings, templates and regular expressions are not operators, whatever they contain.
  if (NOT_OPERATORS.has(token.type.label)) return [];
  return OPERATORS[text] ?? [];
}

/** Off by one, in whole numbers written in decimal. */
function numbers(text: string): [after: string, tier: number][] {
  const value = Number(text.replaceAll("_", ""));
  if (!/^[\d_]+$/.test(text) || !Number.isSafeInteger(value + 1)) return [];
  const up: [string, number] = [String(value + 1), value < 10 ? 1 : 3];
  return value === 0 ? [up] : [up, [String(value - 1), value < 10 ? 1 : 3]];
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

function parses(source: string): boolean {
  try {
    parse(source, { ecmaVersion: "latest", sourceType: "module" });
    return true;
  } catch {
    return false;
  }
}
