import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aBacklog, aBacklogRow, numRuns } from "../testing/index.ts";
import { StepKind } from "../vocabulary/index.ts";
import { loopText } from "./find-loops.ts";
import { MAX_BACKLOG_ISSUES } from "./issue-list.ts";
import { validateBacklog } from "./validate-backlog.ts";

function issuesOf(items: unknown, known?: Parameters<typeof validateBacklog>[1]) {
  const result = validateBacklog({ version: 1, pack: "p", items }, known);
  return result.ok ? [] : result.issues;
}

const sentences = (items: unknown, known?: Parameters<typeof validateBacklog>[1]) =>
  issuesOf(items, known).map((issue) => `${issue.item ?? "-"} ${issue.path}: ${issue.message}`);

describe("a valid document", () => {
  test("gives its items with defaults filled in, in row order", () => {
    const result = validateBacklog({
      version: 1,
      pack: "p",
      items: [aBacklogRow({ id: "a" }), aBacklogRow({ id: "b", needs: ["a", "a"] })],
    });
    expect(result).toMatchObject({
      ok: true,
      document: { pack: "p" },
      items: [
        { id: "a", row: 0, priority: 3, with: { command: ["true"], timeoutSeconds: 600 } },
        { id: "b", row: 1, needs: ["a"] },
      ],
    });
  });

  test("an undo in either form is stored in one, and a step's limits have defaults", () => {
    const undo = { kind: "http", with: { method: "DELETE", url: "https://example.org/1" } };
    const result = validateBacklog({
      version: 1,
      pack: "p",
      items: [
        aBacklogRow({ id: "short", undo: { script: "x" } }),
        aBacklogRow({ id: "long", undo, pivot: true, maxFailures: 20, deadlineSeconds: 1 }),
      ],
    });
    const shell = { script: "x", timeoutSeconds: 600, artifacts: [], inputs: [] };
    const http = { ...undo.with, timeoutSeconds: 30, maxResponseBytes: 65_536 };
    expect(result).toMatchObject({
      ok: true,
      items: [
        {
          undo: { kind: "shell", with: shell },
          pivot: false,
          maxFailures: 3,
          deadlineSeconds: 86_400,
        },
        { undo: { kind: "http", with: http }, pivot: true, maxFailures: 20, deadlineSeconds: 1 },
      ],
    });
  });

  test("no valid graph is refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(120), fc.nat(), (size, edges, seed) => {
        expect(validateBacklog(aBacklog(size, edges, seed)).ok).toBe(true);
      }),
      numRuns(10_000),
    );
  });
});

describe("names every offending item", () => {
  test("of many kinds at once", () => {
    const items = [
      aBacklogRow({ id: "a", needs: ["bb"] }),
      { id: "dup", title: "x", kind: "shell", with: { command: ["x"] } },
      { id: "dup", title: "x", kind: "shell", with: { command: ["x"] } },
      { id: "odd", title: "x", kind: "docker" },
      { id: "typo", title: "x", type: "bgu" },
      { title: "no id", kind: "shell", with: { command: ["x"] } },
      aBacklogRow({ id: "self", needs: ["self"] }),
      { id: "both", title: "x", kind: "shell", type: "bug" },
      { id: "empty", title: "x", kind: "shell" },
      { id: "asks", title: "x", kind: "approval", with: {} },
      "rubbish",
      aBacklogRow({ id: "undone", undo: { nope: 1 } }),
      aBacklogRow({ id: "bbb" }),
      aBacklogRow({ id: "asks-back", undo: { kind: "approval", with: {} } }),
      aBacklogRow({ id: "calls-back", undo: { kind: "http", with: { url: "ftp://x" }, why: "" } }),
    ];
    expect(sentences(items)).toEqual([
      'a /items/0/needs/0: needs "bb", which does not exist; did you mean "bbb"?',
      'dup /items/2/id: duplicate id "dup": row 2 has it already',
      `odd /items/3/kind: unknown kind "docker"; use one of ${StepKind.options.join(", ")}`,
      'typo /items/4/type: unknown type "bgu"; use one of bug, feature, chore, research',
      "#6 /items/5/id: an item needs an id",
      "self /items/6/needs/0: needs itself",
      "both /items/7/type: give kind or type, not both",
      "empty /items/8/with: give exactly one of command and script",
      "asks /items/9/with/question: is missing",
      "#11 /items/10: must be an object with named fields, not a text",
      'undone /items/11/undo: has a field that nothing here knows: "nope"',
      "undone /items/11/undo: give exactly one of command and script",
      'asks-back /items/13/undo/kind: unknown kind "approval"; use one of shell, http, agent',
      'calls-back /items/14/undo/why: an undo has "kind" and "with", and no more',
      "calls-back /items/14/undo/with/url: use an http or https address",
    ]);
  });

  test("NUL, lone surrogates and deep nesting, by JSON pointer", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 80; i++) deep = [deep];
    const items = [
      aBacklogRow({ id: "nul", with: { command: ["a", "b\u0000"] } }),
      aBacklogRow({ id: "half", title: "x\ud800" }),
      { id: "deep", title: "x", kind: "agent", with: { capability: "a.b", input: { deep } } },
      { id: "bad\u0000id", title: "x", kind: "shell", with: { command: ["x"] } },
    ];
    const issues = issuesOf(items);
    expect(issues[0]).toMatchObject({ item: "nul", path: "/items/0/with/command/1" });
    expect(issues[0]?.message).toContain("NUL");
    expect(issues.find(({ item }) => item === "half")).toMatchObject({ path: "/items/1/title" });
    expect(issues.find(({ item }) => item === "deep")?.message).toContain("deeper than 64");
    expect(issues.find(({ item }) => item === "#4")?.path).toBe("/items/3/id");
  });

  test("of the document itself and its rows together", () => {
    const result = validateBacklog({ version: 2, pack: "P!", items: [{ id: "a" }] });
    expect(result.ok ? [] : result.issues.map((issue) => issue.path)).toEqual([
      "/version",
      "/pack",
      "/items/0/title",
    ]);
  });

  test.each([
    ["null", null],
    ["a list", []],
    ["text", "x"],
    ["too many", tooMany()],
  ])("%s is no document", (_name, document) => expect(validateBacklog(document).ok).toBe(false));

  test("an unusable row is not held against those that need it", () => {
    expect(
      sentences([{ id: "a", kind: "docker", title: "x" }, aBacklogRow({ id: "b", needs: ["a"] })]),
    ).toEqual([
      `a /items/0/kind: unknown kind "docker"; use one of ${StepKind.options.join(", ")}`,
    ]);
  });

  test("at most a thousand, then how many more there are and how many rows were passed over", () => {
    const rows = (size: number, row: (i: number) => object) =>
      issuesOf(Array.from({ length: size }, (_, i) => ({ id: `i${i}`, ...row(i) })));
    const unparsed = rows(2_500, () => ({ kind: "shell" }));
    expect(unparsed).toHaveLength(MAX_BACKLOG_ISSUES + 1);
    expect(unparsed.at(-1)).toEqual({
      path: "/items",
      message: "1,500 rows were not checked any more",
    });
    const shell = { title: "x", kind: "shell", with: { command: ["x"] } };
    const missing = rows(2_500, () => ({ ...shell, needs: ["nowhere"] }));
    expect(missing.at(-1)).toEqual({ path: "/items", message: "and 1,500 more" });
  });

  test("megabytes of rubbish are answered quickly, briefly and in valid Unicode", () => {
    const junk = Array.from({ length: 20_000 }, (_, i) => ({
      id: `i${i}`,
      labels: Array.from({ length: 50 }, () => 1),
      needs: Array.from({ length: 60 }, () => ""),
      ["\ud800\u0000".repeat(50)]: 1,
    }));
    const text = JSON.stringify(issuesOf(junk));
    expect(text.length).toBeLessThan(1_000_000);
    expect(text).not.toMatch(/\\u(?:d8|00)/);
  });
});

describe("loops", () => {
  test("are named by their shortest way round, one for each knot", () => {
    const items = [
      aBacklogRow({ id: "a", needs: ["b", "d"] }),
      aBacklogRow({ id: "b", needs: ["c"] }),
      aBacklogRow({ id: "c", needs: ["a"] }),
      aBacklogRow({ id: "d", needs: ["e"] }),
      aBacklogRow({ id: "e", needs: ["b"] }),
      aBacklogRow({ id: "x", needs: ["y"] }),
      aBacklogRow({ id: "y", needs: ["x"] }),
    ];
    expect(sentences(items)).toEqual([
      "a /items/0/needs: depends on itself: a -> b -> c -> a (2 more items on longer loops)",
      "x /items/5/needs: depends on itself: x -> y -> x",
    ]);
  });

  test("every reported loop is one in the document", () => {
    const edges = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const needsOf = (i: number) =>
          pairs.filter(([from, to]) => from === i && to !== i).map(([, to]) => `n${to}`);
        const items = Array.from({ length: 8 }, (_, i) =>
          aBacklogRow({ id: `n${i}`, needs: needsOf(i) }),
        );
        for (const issue of issuesOf(items)) {
          const names = /: (n\d(?: -> n\d)+)/.exec(issue.message)?.[1]?.split(" -> ") ?? [];
          expect(names.length).toBeGreaterThan(2);
          expect(names[0]).toBe(names.at(-1));
          for (let k = 0; k + 1 < names.length; k++) {
            expect(needsOf(Number(names[k]?.slice(1)))).toContain(names[k + 1]);
          }
        }
      }),
      numRuns(10_000),
    );
  });

  test("a loop of thousands is shown by its ends", () => {
    const text = loopText(Array.from({ length: 10_000 }, (_, i) => `i${i}`));
    expect(text.length).toBeLessThan(1_000);
    expect(text).toContain("(9950 more)");
  });
});

describe("items imported earlier", () => {
  const known = {
    keys: new Set(["old", "older"]),
    needsOf: (key: string) => (key === "old" ? ["older"] : ["a"]),
  };

  test("may be needed", () => {
    expect(
      sentences([aBacklogRow({ id: "b", needs: ["old"] })], { ...known, needsOf: () => [] }),
    ).toEqual([]);
  });

  test("can close a loop", () => {
    expect(sentences([aBacklogRow({ id: "a", needs: ["old"] })], known)).toEqual([
      "a /items/0/needs: depends on itself: a -> old -> older -> a",
    ]);
  });

  test("are replaced by a row of the same id", () => {
    const items = [aBacklogRow({ id: "a", needs: ["old"] }), aBacklogRow({ id: "old" })];
    expect(sentences(items, known)).toEqual([]);
  });
});

describe("artifacts", () => {
  const wants = (from: string) => ({
    command: ["x"],
    timeoutSeconds: 1,
    artifacts: [],
    inputs: [{ from, artifact: "f", to: "f" }],
  });

  test("come from what an item needs, directly or through others, also from a step of it", () => {
    const items = [
      aBacklogRow({ id: "a" }),
      { id: "t", title: "x", type: "bug", needs: ["a"] },
      aBacklogRow({ id: "b", needs: ["t"] }),
      aBacklogRow({ id: "c", kind: "shell", needs: ["b"], with: wants("a") }),
      aBacklogRow({ id: "d", kind: "shell", needs: ["b"], with: wants("t.fix") }),
    ];
    expect(sentences(items)).toEqual([]);
  });

  test("from anywhere else are refused", () => {
    const items = [
      aBacklogRow({ id: "a" }),
      aBacklogRow({ id: "b", kind: "shell", with: wants("a") }),
      aBacklogRow({ id: "c", kind: "shell", with: wants("nope") }),
      aBacklogRow({ id: "d", kind: "shell", with: wants("d") }),
      {
        id: "t",
        title: "x",
        type: "bug",
        with: { test: wants("a"), fix: 3, review: { command: [] } },
      },
    ];
    expect(sentences(items)).toEqual([
      'b /items/1/with/inputs/0/from: wants artifact "f" from "a", which it does not need; add it to needs',
      'c /items/2/with/inputs/0/from: wants artifact "f" from "nope", which does not exist',
      'd /items/3/with/inputs/0/from: wants artifact "f" from "d", which it does not need; add it to needs',
      `t /items/4/with/fix: without kind, "with" holds arguments per step, like {"fix": {...}}; give kind: ${StepKind.options.join(" | ")} to say what this item does`,
      "t /items/4/with/review/command: must not be empty",
      't /items/4/with/test/inputs/0/from: wants artifact "f" from "a", which it does not need; add it to needs',
    ]);
  });
});

test("a chain of 10,000, a ring of 10,000 and a dense backlog of 10,000 are no trouble", () => {
  const chain = Array.from({ length: 10_000 }, (_, i) =>
    aBacklogRow({ id: `i${i}`, needs: i === 0 ? [] : [`i${i - 1}`] }),
  );
  expect(issuesOf(chain)).toEqual([]);
  chain[0] = aBacklogRow({ id: "i0", needs: ["i9999"] });
  expect(issuesOf(chain)).toHaveLength(1);
  expect(validateBacklog(aBacklog(10_000, 30_000)).ok).toBe(true);
});

test("wild input never throws and never passes by accident", () => {
  fc.assert(
    fc.property(fc.anything(), fc.array(fc.anything(), { maxLength: 5 }), (document, items) => {
      expect(validateBacklog(document).ok).toBe(false);
      expect(validateBacklog({ version: 1, pack: "p", items }).ok).toBe(false);
    }),
    numRuns(10_000),
  );
});

function tooMany() {
  return {
    version: 1,
    pack: "p",
    items: Array.from({ length: 20_001 }, (_, i) => aBacklogRow({ id: `i${i}` })),
  };
}
