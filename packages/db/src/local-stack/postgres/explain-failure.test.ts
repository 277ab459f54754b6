import { expect, it } from "vitest";
import { explainFailure } from "./explain-failure.ts";

it.each([
  [
    "FATAL:  could not write lock file: No space left on device",
    "disk_full",
    /disk is full.*free some space/,
  ],
  ['could not open file "base": Permission denied', "no_permission", /give the folder to the user/],
  ["FATAL:  database files are incompatible with server", "data_unusable", /another version/],
  [
    "FATAL:  could not map anonymous shared memory: Cannot allocate memory",
    "postgres_failed",
    /not enough memory/,
  ],
  [
    "2026-01-01 00:00:00.000 UTC [7] FATAL:  something new",
    "postgres_failed",
    /did not start: .*something new.*server\.log/,
  ],
  ["", "postgres_failed", /no reason given/],
])("of %j makes %s", (output, code, message) => {
  const error = explainFailure("Postgres", output, "server.log");
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("\n");
});
