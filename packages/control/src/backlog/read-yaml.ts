import type { Issue } from "@nofx/core/errors";
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isScalar,
  LineCounter,
  Parser,
  visit,
} from "yaml";
import { unreadable } from "./unreadable.ts";

/** Longer lines than this are no document that a person or tool writes, and make a YAML parser slow. */
const MAX_YAML_LINE = 200_000;
/** So many mistakes are told; a text with more is not read to its end. */
const MAX_ISSUES = 20;
/** Each alias is looked for among all anchors: many of both take minutes. */
const MAX_ALIASES = 1_000;

/** The value in a YAML text. */
export function readYaml(text: string): unknown {
  const long = text.split("\n").findIndex((line) => line.length > MAX_YAML_LINE);
  if (long >= 0) {
    throw unreadable(
      `Line ${long + 1} is longer than ${MAX_YAML_LINE} characters: this is not a YAML backlog.`,
    );
  }
  const lines = new LineCounter();
  const document = composed(text, lines);
  const issues = problemsOf(document, lines);
  if (issues.length > 0) {
    throw unreadable("The YAML cannot be read.", undefined, issues.slice(0, MAX_ISSUES));
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw unreadable("The YAML repeats its aliases too often.", error);
  }
}

function composed(text: string, lines: LineCounter): Document.Parsed {
  // the parser's own search for duplicate keys compares each key with all before it
  const composer = new Composer({ uniqueKeys: false });
  const tokens = untilHopeless(new Parser(lines.addNewLine).parse(text));
  try {
    const [document, second] = composer.compose(tokens, true, text.length);
    if (document !== undefined && second === undefined) return document;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unreadable("The YAML is nested too deeply.", error);
  }
  throw unreadable("The YAML holds several documents; send one.");
}

/** Rubbish is given up early: telling each of a million mistakes takes a minute. */
function* untilHopeless(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  let left = MAX_ISSUES;
  for (const token of tokens) {
    yield token;
    const wrong = token.type === "error" || token.type === "directive";
    if (wrong || token.type === "flow-error-end") left -= 1;
    if (left === 0) throw unreadable("The YAML cannot be read: nearly every line is wrong.");
  }
}

function problemsOf(document: Document.Parsed, lines: LineCounter): Issue[] {
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return ` at line ${line}, column ${col}`;
  };
  const issues = document.errors
    .slice(0, MAX_ISSUES)
    .map((error) => ({ path: "", message: error.message + at(error.pos[0]) }));
  if (issues.length > 0) return issues;
  let aliases = 0;
  visit(document, {
    Alias(_, alias) {
      aliases += 1;
      if (aliases <= MAX_ALIASES) return undefined;
      const place = at(alias.range?.[0] ?? 0);
      issues.push({ path: "", message: `More than ${MAX_ALIASES} aliases${place}` });
      return visit.BREAK;
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = nameOf(key);
        if (name === undefined) continue;
        if (seen.has(name)) {
          const place = at((key as { range?: [number, number, number] }).range?.[0] ?? 0);
          issues.push({ path: "", message: `Map keys must be unique${place}` });
        }
        seen.add(name);
      }
      return issues.length < MAX_ISSUES ? undefined : visit.BREAK;
    },
  });
  return issues;
}

/** What a key becomes in the value that is read: `1` and `"1"` are the same there. */
function nameOf(key: unknown): string | undefined {
  if (isScalar<string | number | boolean | null>(key)) return String(key.value ?? "");
  return isAlias(key) ? `*${key.source}` : undefined;
}
