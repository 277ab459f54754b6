import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ImportMapping, sortOut, writeCsv } from "@nofx/core/backlog-import";
import { NofxError } from "@nofx/core/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BacklogText, draftOf, mappingOf, openDocument, prepare } from "./open-document.ts";
import { readCsv } from "./read-csv.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const file = (name: string) =>
  readFileSync(new URL(`../../test/backlog/files/${name}`, import.meta.url), "utf8");

function read(
  given: Partial<BacklogText> & { text: string },
  asked?: ImportMapping,
  known: string[] = [],
) {
  const open = openDocument({ format: "auto", ...given }, sha256);
  const mapping = "table" in open ? mappingOf(open.table, asked, undefined) : {};
  const draft = draftOf(open, mapping, sha256);
  if ("document" in open || draft === undefined) throw new Error("is a document");
  const keys = new Set(known);
  const prepared = prepare(open, draft, draft.pack ?? "pack", keys);
  const sorted = sortOut(prepared.document, prepared.problems, { keys, needsOf: () => [] });
  const items = sorted.good.map(({ id, title, needs, ...rest }) => ({ id, title, needs, ...rest }));
  const wrong = [...sorted.bad].map(([row, issues]) => [
    prepared.placeOf(row),
    issues.map(({ message }) => message).join("; "),
  ]);
  const warnings = prepared.warnings.map(({ message, places }) => [message, places]);
  return { format: open.format, pack: draft.pack, skipped: draft.skipped, items, wrong, warnings };
}

function refusal(work: () => unknown): NofxError {
  try {
    work();
  } catch (error) {
    if (NofxError.is(error)) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("CSV", () => {
  it("of Jira: types, priorities, repeated columns, links, parents; what is done is skipped", () => {
    const { items, ...rest } = read({ text: file("jira-export.csv") });
    expect(rest).toMatchObject({ format: "csv", pack: "proj", skipped: 1 });
    expect(items.map(({ id, type, priority, needs }) => [id, type, priority, needs])).toEqual([
      ["proj-1", "feature", 2, ["proj-7", "proj-3"]],
      ["proj-7", "bug", 1, ["proj-3"]],
      ["proj-3", "feature", 3, []],
    ]);
    expect(items[0]).toMatchObject({
      title: "Checkout, end to end",
      description: "Everything a buyer does,\nfrom cart to receipt.",
      labels: ["checkout", "Web-Shop"],
      owner: "ada",
    });
    expect(items[1]).toMatchObject({
      title: 'Receipt shows "0.00"',
      labels: ["billing", "urgent", "Web-Shop"],
    });
    expect(items[2]?.description).toBe('=HYPERLINK("http://x.example")');
    expect(rest.wrong).toEqual([
      [6, expect.stringMatching(/^unknown priority "Urgentish"; use 1 to 5/)],
    ]);
    expect(rest.warnings).toEqual([
      ['columns are not taken over: "Project key", "Reporter", "Sprint"', []],
      ["needs proj-99, which is neither in the file nor in the pack: left out", [3]],
    ]);
  });

  it("needs what the pack has already", () => {
    const { items } = read({ text: file("jira-export.csv") }, undefined, ["proj-99"]);
    expect(items.find(({ id }) => id === "proj-7")?.needs).toEqual(["proj-3", "proj-99"]);
  });

  it("of anybody, with a mapping; without an id the title gives one that stays", () => {
    const text = "\ufeffWas;Wer;Tags;Egal\r\nTür streichen;ada;a, b c;1\r\n\r\nTor ölen;;;2\r\n";
    const mapping: ImportMapping = { Was: "title", Wer: "owner" };
    const once = read({ text, format: "csv" }, mapping);
    expect(once.items).toMatchObject([
      { title: "Tür streichen", owner: "ada", labels: ["a", "b-c"], type: "chore" },
      { title: "Tor ölen" },
    ]);
    expect(once.items[0]?.id).toMatch(/^tur-streichen-[0-9a-f]{6}$/);
    const turned = text.replace(/^.*\r\n/, "Was;Wer;Tags;Egal\r\nvorher;;;\r\n");
    const later = read({ text: turned, format: "csv" }, mapping);
    expect(later.items.map(({ id }) => id)).toEqual(
      expect.arrayContaining(once.items.map(({ id }) => id)),
    );
    const { issues } = refusal(() => read({ text, format: "csv" }, { Nix: "title" }));
    expect(issues?.[0]?.message).toBe('there is no column "Nix"; there are Was, Wer, Tags, Egal');
  });

  it("names every wrong row and what hangs on it", () => {
    const text = [
      "id,title,kind,with,needs,sensitive",
      'a,A,shell,"{""command"":[""true""]}",,yes',
      "b,B,shell,nonsense,a,",
      "c,C,,,b,",
      "d,D,,,c,perhaps",
      "e,E,,,nowhere,",
      "a,again,,,,",
      "f,F,,,a,,,,too much",
      "g,,,,,",
      ",H,,,,",
    ].join("\n");
    const { items, wrong } = read({ text });
    expect(items.map(({ id }) => id)).toEqual(["a"]);
    expect(items[0]).toMatchObject({ kind: "shell", with: { command: ["true"] }, sensitive: true });
    expect(wrong).toEqual(
      expect.arrayContaining([
        [3, "is not a JSON object"],
        [4, 'needs "b", which cannot be imported'],
        [5, "use yes or no"],
        [6, 'needs "nowhere", which does not exist'],
        [7, 'duplicate id "a": row 1 has it already'],
        [8, expect.stringContaining("has 9 cells, the header has 6")],
        [9, expect.stringMatching(/must not be empty/)],
        [10, expect.stringContaining("the id is empty")],
      ]),
    );
    expect(wrong).toHaveLength(8);
  });

  it("takes hidden characters out and says where", () => {
    const { items, warnings } = read({ text: "id,title\na,pay\u202elatot\u200b\n" });
    expect(items[0]?.title).toBe("paylatot");
    expect(warnings).toEqual([["hidden characters were taken out", [2]]]);
  });

  it("says that a file in another encoding has lost letters", () => {
    const { warnings } = read({ text: "id,title\na,T\ufffdr\n" });
    expect(warnings[0]?.[0]).toMatch(/is not UTF-8/);
  });

  it("that we write reads back cell by cell, formulas and all", () => {
    const cell = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => text.replaceAll("\u0000", "")),
      fc.constantFrom("=1+1", "'=x", "+49", "-", "@a", "\t", 'a"b', "a,b", "a\r\nb", "'", ""),
    );
    const table = fc.integer({ min: 1, max: 5 }).chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 8,
      }),
    );
    fc.assert(
      fc.property(table, (rows) => {
        const header = rows[0]?.map((_, at) => `c${at}`) ?? [];
        const text = writeCsv([header, ...rows]);
        expect(text).not.toMatch(/(^|\n|,)"?[=@]/);
        const full = rows.filter((row) => row.some((one) => one.trim() !== ""));
        expect(readCsv(text).rows.map(({ cells }) => cells)).toEqual(full);
      }),
      { numRuns: process.env["PROVE"] === "1" ? 5_000 : 60 },
    );
  });
});

describe("Markdown", () => {
  it("gives tasks: labels, owner, priority, ids, needs, headings, what stands below", () => {
    const { items, ...rest } = read({ text: file("tasks.md"), name: "tasks.md" });
    expect(rest).toMatchObject({ format: "markdown", pack: "release-train", skipped: 2 });
    expect(rest.wrong).toEqual([[20, 'needs "show-a-map", which does not exist']]);
    const [endpoint, schema, list, again] = items;
    expect(items).toHaveLength(4);
    expect(endpoint).toMatchObject({
      id: "endpoint",
      title: "Add the endpoint",
      labels: ["api", "backend"],
      owner: "ada",
      priority: 1,
      needs: [schema?.id],
      description: "It answers JSON.\n\nAlso on errors.",
    });
    expect(list).toMatchObject({
      owner: "grace",
      priority: 4,
      needs: ["endpoint"],
      labels: ["frontend-web"],
    });
    expect(again?.id).toBe(`${list?.id}-2`);
    expect(rest.warnings).toEqual([["items of lists without a box are left out", [13]]]);
  });

  it("is cut where it is long, and counts its lines on", () => {
    const part = (n: number) => `${n}. [ ] t${n}\n   more\n\n   ~~~\n- [ ] no task\n   ~~~\n`;
    const { items } = read({
      text: `# A\n${Array.from({ length: 300 }, (_, n) => part(n)).join("")}## B\n- [ ] z`,
    });
    expect(items.filter(({ title }) => title !== "no task")).toHaveLength(301);
    expect(items.at(-1)).toMatchObject({ title: "z", labels: ["b"] });
  });

  it("knows a title by its words, and says when it is none's", () => {
    const { items, wrong } = read({ text: "- [ ] Paint it (needs: buy-paint)\n- [ ] Buy paint\n" });
    expect(wrong).toEqual([]);
    expect(items[0]?.needs).toEqual([items[1]?.id]);
  });
});

describe("GitHub", () => {
  it("gives issues: labels, type, priority, milestone, references; closed ones are skipped", () => {
    const { items, ...rest } = read({ text: file("gh-issues.json") });
    expect(rest).toMatchObject({ format: "github", pack: "shop", skipped: 1, wrong: [] });
    expect(items).toMatchObject([
      {
        id: "gh-12",
        type: "bug",
        priority: 2,
        needs: ["gh-10"],
        owner: "ada",
        labels: ["bug", "priority:-high", "good-first-issue", "milestone:v1.0"],
      },
      { id: "gh-11", type: "feature", needs: ["gh-12", "gh-10"] },
      {
        id: "gh-10",
        type: "chore",
        needs: [],
        description: "https://github.com/acme/shop/issues/10",
      },
    ]);
    expect(rest.warnings).toEqual([
      ["needs acme/design#4 of another repository: left out", [12]],
      ["an item has one owner: the first assignee", [12]],
    ]);
  });

  it("is refused with the fields that are missing", () => {
    const refused = refusal(() => read({ text: '[{"title":"x"}]', format: "github" }));
    expect(refused.code).toBe("document_unreadable");
    expect(refused.issues?.[0]?.path).toBe("/0/number");
  });
});

it.each([
  ["a.csv", "x\n1", "csv"],
  ["pasted", "Summary\tStatus\na\tb", "csv"],
  ["pasted", "version: 1\nitems:\n  - description: |\n      - [ ] x", "yaml"],
  ["pasted", "# Plan\n\n* [ ] x", "markdown"],
  ["pasted", '{"version": 1}', "json"],
  ["pasted", '[{"number": 1, "title": "x"}]', "github"],
  ["pasted", "just: yaml, with a comma", "yaml"],
])("takes %s with %j for %s", (name, text, format) => {
  expect(openDocument({ text, name, format: "auto" }, sha256).format).toBe(format);
});

describe("what is hostile", () => {
  it.each([
    ["a CSV of one open quote", "csv", `a,b\n"${"x,".repeat(1_000_000)}`],
    ["a CSV of commas", "csv", `a${",x".repeat(1_000_000)}`],
    ["a CSV of quotes", "csv", `a,b\n${'"'.repeat(1_000_001)}`],
    ["a CSV with too many rows", "csv", `id\n${"1\n".repeat(20_001)}`],
    ["a CSV of nothing", "csv", "\n".repeat(500_000)],
    ["Markdown in one line", "markdown", `- [ ] ${"*a_[".repeat(10_000)}`],
    ["Markdown without an end to its levels", "markdown", "- ".repeat(9_000)],
    ["Markdown of quotes", "markdown", ">".repeat(9_000)],
    ["too many tasks", "markdown", "- [ ] x\n".repeat(20_001)],
    ["an item without an end", "markdown", `- [ ] x\n${"  - [ ] y\n".repeat(20_000)}`],
  ] as const)("is refused soon: %s", (_, format, text) => {
    expect(refusal(() => read({ text, format })).code).toBe("document_unreadable");
  });

  it("is refused for its size", () => {
    const text = `title\n${"ä".repeat(5_000_001)}`;
    expect(refusal(() => read({ text, format: "csv" })).code).toBe("payload_too_large");
  });
});

describe("what is no backlog", () => {
  it("is refused in words that say what to do", () => {
    const detail = (text: string, name?: string) =>
      refusal(() => openDocument({ text, format: "auto", name }, sha256)).detail;
    expect(detail("", "a.csv")).toContain("is empty");
    expect(detail("\ufeff \n")).toContain("is empty");
    expect(detail("PK\u0003\u0004\u0014\u0000rest", "a.csv")).toContain("Export it as CSV");
    expect(detail("\ufffd\ufffdPNG\ufffd\ufffd", "a.yaml")).toContain("This is no text");
    for (const text of ["just words", "- one\n- two", '"text"', "42"]) {
      expect(detail(text)).toContain("This is no backlog document");
    }
  });
});
