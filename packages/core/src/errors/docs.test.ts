import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_TITLE, ErrorCode, HTTP_STATUS } from "./codes.ts";

test("docs/errors.md lists every code with its status and meaning, and no other", () => {
  const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows).toEqual(
    ErrorCode.options.map(
      (code) => `| \`${code}\` | ${HTTP_STATUS[code]} | ${ERROR_TITLE[code]} |`,
    ),
  );
});
