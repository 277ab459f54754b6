import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const snippets = [
  ...readFileSync(join(root, "README.md"), "utf8").matchAll(/```ts\n([^]*?)```/g),
].map((match) => match[1] ?? "");

/** Type-checks a text as if it were a file in this folder. */
function typeErrors(text: string): string[] {
  const file = join(import.meta.dirname, "readme-snippet.ts");
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) =>
    ts.sys.readFile(path),
  ) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists.call(host, path);
  host.getSourceFile = (path, ...rest) =>
    path === file
      ? ts.createSourceFile(path, text, {
          ...(rest[0] as object),
          languageVersion: ts.ScriptTarget.ES2024,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        })
      : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map((problem) => ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
}

test("the agent in the README compiles and is short", () => {
  expect(snippets).toHaveLength(1);
  const lines = (snippets[0] ?? "").split("\n").filter((line) => line.trim() !== "");
  expect(lines.length).toBeLessThan(30);
  expect(typeErrors(snippets[0] ?? "")).toEqual([]);
});

test("and a wrong one would not", () => {
  const wrong = (snippets[0] ?? "").replace("refunded, receipt }", "refunded }");
  expect(typeErrors(wrong).join()).toMatch(/receipt/);
});
