import { run } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { at, listFiles, shown } from "./workspace.mjs";

// Set by an enclosing `node --test`; with it the runner would take itself for a nested one and run nothing.
delete process.env.NODE_TEST_CONTEXT;

export const testFiles = () => listFiles("tests", (path) => path.endsWith(".test.js"));

/** What someone else types to run the same tests. */
export const testCommand = () => ["node", "--test", ...testFiles()];

/** Runs the package's tests, one process a file, and returns what each said. */
export async function runSuite(files = testFiles()) {
  const started = performance.now();
  const tests = [];
  const stream = run({ files: files.map((file) => at(file)) });
  const note = (passed) => (event) => {
    if (event.details?.type === "suite") return;
    const error = event.details?.error;
    tests.push({
      name: event.name === event.file ? "(the file itself)" : event.name,
      file: event.file ? shown(event.file) : shown(event.name),
      passed,
      ms: event.details?.duration_ms ?? 0,
      ...(passed ? {} : { failure: describe(error?.cause ?? error) }),
    });
  };
  stream.on("test:pass", note(true));
  stream.on("test:fail", note(false));
  for await (const _ of stream);
  return { tests, failed: tests.filter((test) => !test.passed), ms: performance.now() - started };
}

function describe(cause) {
  if (typeof cause !== "object" || cause === null) return { message: String(cause) };
  return {
    message: stripVTControlCharacters(String(cause.message)),
    ...("operator" in cause
      ? { operator: cause.operator, expected: cause.expected, actual: cause.actual }
      : {}),
  };
}

/** The results as lines of text: what failed with its reason, then the counts. */
export function report({ tests, failed, ms }) {
  const lines = [];
  let file;
  for (const test of tests) {
    if (test.file !== file) lines.push((file = test.file));
    lines.push(`  ${test.passed ? "pass" : "FAIL"}  ${test.name}`);
    if (!test.passed)
      lines.push(...test.failure.message.split("\n").map((line) => `        ${line}`));
  }
  lines.push(
    "",
    `${tests.length - failed.length} passed, ${failed.length} failed in ${(ms / 1000).toFixed(2)} s`,
  );
  return lines.join("\n");
}
