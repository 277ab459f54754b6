import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SPECS = ["docs/specs/STATE_MACHINE_V1.md", "docs/specs/SAGA_AND_COMPENSATION_V1.md"];

interface Citation {
  readonly alias: string;
  readonly title: string;
}

/** `[alias: *title*; alias: *title*]` → each alias with its title. */
function citationsOf(text: string): Citation[] {
  return [...text.matchAll(/([a-z-]+): \*([^*]+)\*/g)].map(([, alias = "", title = ""]) => ({
    alias,
    title: title.replaceAll(/\s+/g, " "),
  }));
}

/** The table at the end: alias → file. */
function filesOf(text: string): Map<string, string> {
  const rows = text
    .slice(text.lastIndexOf("## Files"))
    .matchAll(/^\| ([a-z-]+) \| `([^`]+)` \|$/gm);
  return new Map([...rows].map(([, alias = "", file = ""]) => [alias, file]));
}

/** A test's source may put values into its name; what the document says has to be in it otherwise as it is. */
function isNamedIn(source: string, title: string): boolean {
  return source.replaceAll(/\s+/g, " ").replaceAll('\\"', '"').includes(title);
}

describe.each(SPECS)("%s", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  const files = filesOf(text);
  const citations = citationsOf(text);

  test("names tests that exist", () => {
    expect(citations.length).toBeGreaterThan(10);
    const wrong = citations.filter(({ alias, title }) => {
      const file = join(ROOT, files.get(alias) ?? "nowhere");
      return !existsSync(file) || !isNamedIn(readFileSync(file, "utf8"), title);
    });
    expect(wrong).toEqual([]);
  });

  test("lists no file that it does not cite", () => {
    const cited = new Set(citations.map(({ alias }) => alias));
    expect([...files.keys()].filter((alias) => !cited.has(alias))).toEqual([]);
  });
});
