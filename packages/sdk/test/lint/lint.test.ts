import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

// The rule in oxlint itself, over files of many small handlers: one process for all.

const root = join(import.meta.dirname, "../../../..");
const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
const plugin = join(import.meta.dirname, "../../src/lint/index.ts");
const folder = await mkdtemp(join(tmpdir(), "nofx-lint-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each line of `handlers` is the body of a handler; answers what is said of it, by its number. */
async function lint(handlers: readonly string[]): Promise<string[][]> {
  const lines = handlers.map((body) => `task("a").run(async (ctx, items) => { ${body} });`);
  await writeFile(join(folder, "agent.ts"), lines.join("\n"));
  await writeFile(
    join(folder, "oxlintrc.json"),
    JSON.stringify({
      plugins: [],
      jsPlugins: [{ name: "nofx", specifier: plugin }],
      rules: { "nofx/step-names": "error" },
    }),
  );
  const said = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [
        oxlint,
        "-c",
        "oxlintrc.json",
        "-A",
        "all",
        "-D",
        "nofx/step-names",
        "-f",
        "json",
        "agent.ts",
      ],
      { cwd: folder },
      (_, stdout) => resolve(stdout),
    );
  });
  const { diagnostics } = JSON.parse(said) as {
    diagnostics: { code: string; message: string; labels: { span: { line: number } }[] }[];
  };
  const found: string[][] = handlers.map(() => []);
  for (const { message, labels } of diagnostics) {
    found[(labels[0]?.span.line ?? 0) - 1]?.push(
      /literal|each item|twice/.exec(message)?.[0] ?? message,
    );
  }
  return found;
}

test("names are literal, used once, and have a key where the same place is passed more than once", async () => {
  const good = [
    'await ctx.step("a", () => 1); await ctx.step("b", () => 2); await ctx.sleep("a", 1);',
    'for (const it of items) await ctx.step("a", { key: it.id }, () => it);',
    'await Promise.all(items.map((it) => ctx.spawn("a", other, it, { key: it.id })));',
    'for (const it of await ctx.step("list", () => items)) console.log(it);',
    'if (items.length) await ctx.step("a", () => 1); else await ctx.step("a", () => 2);',
    'if (items.length) { await ctx.step("a", () => 1); return; } await ctx.step("a", () => 2);',
    'await ctx.approve(refund, { question: "?" }); await ctx.llm({ prompt: "?" });',
    'const options = { key: 1 }; await ctx.step("a", options, f); await ctx.step("a", options, f);',
    'items.map(async (ctx) => ctx.step("a", () => 1));',
    'await ctx.tool("deploy", {}, f); await ctx.tool("deploy", {}, f, { key: 2 });',
    "await ctx.step(`plain`, () => 1); other.step(name, () => 1);",
  ];
  const bad: [body: string, said: string[]][] = [
    ['await ctx.tool("deploy", {}, f); await ctx.tool("deploy", {}, f);', ["twice"]],
    ["await ctx.step(name, () => 1);", ["literal"]],
    ['await ctx.step("a" + items[0], () => 1);', ["literal"]],
    ["await ctx.sleep(`nap ${items[0]}`, 1);", ["literal"]],
    ['await ctx.step("a", () => 1); await ctx.step("a", () => 2);', ["twice"]],
    ['await ctx.sleep("a", 1); await ctx.any("a", {});', ["twice"]],
    ["await ctx.approve(refund, {}); await ctx.approve(refund, {});", ["twice"]],
    ['for (const it of items) await ctx.step("a", () => it);', ["each item"]],
    ['while (true) await ctx.waitFor("a", { timeoutSeconds: 1 });', ["each item"]],
    ['await Promise.all(items.map((it) => ctx.step("a", () => it)));', ["each item"]],
    ["for (const it of items) await ctx.approve(refund, { question: it });", ["each item"]],
    ['await ctx.llm("a", { prompt: "?" }); await ctx.llm("a", { prompt: "!" });', ["twice"]],
  ];
  const found = await lint([...good, ...bad.map(([body]) => body)]);
  expect(found).toEqual([...good.map(() => []), ...bad.map(([, said]) => said)]);
});
