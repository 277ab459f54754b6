import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_TITLE, ErrorCode, HTTP_STATUS, STEP_ERROR_CLASS, StepErrorCode } from "./codes.ts";

const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
const [requests = "", steps = ""] = page.split("| step code |");
const rowsOf = (text: string) => text.split("\n").filter((line) => line.startsWith("| `"));

test("docs/errors.md lists every code with its status and meaning, and no other", () => {
  expect(rowsOf(requests)).toEqual(
    ErrorCode.options.map(
      (code) => `| \`${code}\` | ${HTTP_STATUS[code]} | ${ERROR_TITLE[code]} |`,
    ),
  );
});

test("and every code that a step can fail with, with its class", () => {
  const told = rowsOf(steps).map((row) =>
    row
      .split("|")
      .slice(1, 3)
      .map((cell) => cell.trim()),
  );
  expect(told).toEqual(
    StepErrorCode.options.map((code) => [`\`${code}\``, STEP_ERROR_CLASS[code]]),
  );
});
