import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findFrozenClocks } from "../../../scripts/check-sql-clock.mjs";

const root = join(import.meta.dirname, "../../..");

test.each([
  ["select now()", "now()"],
  ["select NOW ( )", "NOW ( )"],
  ["select pg_catalog.now()", "pg_catalog.now()"],
  ["create table t (at timestamptz default current_timestamp)", "current_timestamp"],
  ["select statement_timestamp()", "statement_timestamp()"],
  ["select transaction_timestamp()", "transaction_timestamp()"],
  ["select localtimestamp, 1", "localtimestamp"],
  ["select current_date - 1", "current_date"],
  ["select 'now'::timestamptz", "'now'"],
  ["create function f() returns void language sql as $$ select now() $$", "now()"],
])("%s is found", (sql, word) => {
  expect(findFrozenClocks("a.sql", `\n${sql};`)).toEqual([`a.sql:2: ${word}`]);
  expect(findFrozenClocks("a.ts", `\nawait sql<{ at: Date }>\`${sql}\`.execute(db);`)).toEqual([
    `a.ts:2: ${word}`,
  ]);
});

test.each([
  "select clock_timestamp()",
  "select app.now(), known(), now_at from t -- now()",
  "/* current_timestamp */ select 'it is now() or never', current_user",
])("%s is not", (sql) => {
  expect(findFrozenClocks("a.sql", sql)).toEqual([]);
});

test("TypeScript around the SQL may say what it likes", () => {
  expect(findFrozenClocks("a.ts", "const at = now(); // sql and now()\n")).toEqual([]);
});

test("no migration asks a clock that stands still", () => {
  const files = globSync("packages/db/supabase/migrations/*.sql", { cwd: root });
  expect(files.length).toBeGreaterThan(20);
  expect(
    files.flatMap((file) => findFrozenClocks(file, readFileSync(join(root, file), "utf8"))),
  ).toEqual([]);
});
