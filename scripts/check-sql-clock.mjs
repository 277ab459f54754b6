// SQL asks for the time with clock_timestamp() and nothing else. now() and its kin stand still inside a transaction: a lease
// that has run out still holds for a transaction that was opened before. Checked: migrations, and sql`…` in TypeScript.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FROZEN =
  /(?<![\w.])(?:pg_catalog\.)?(?:(?:now|transaction_timestamp|statement_timestamp)\s*\(\s*\)|current_timestamp|current_time|current_date|localtimestamp|localtime)(?!\w)|'(?:now|today|tomorrow|yesterday)'/gi;

/** Blanks comments and strings, keeping the line numbers; words that Postgres reads as a time stay. */
function withoutText(sql) {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, (part) =>
    /^'(now|today|tomorrow|yesterday)'$/i.test(part) ? part : part.replace(/[^\n]/g, " "),
  );
}

/** Everything but sql`…`, blanked. */
function sqlOf(source) {
  let kept = source.replace(/[^\n]/g, " ");
  for (const match of source.matchAll(/\bsql(?:<[^`]*?>)?`((?:[^`\\]|\\.)*)`/g)) {
    const from = match.index + match[0].length - 1 - match[1].length;
    kept = kept.slice(0, from) + match[1] + kept.slice(from + match[1].length);
  }
  return kept;
}

/** Where the SQL of one file asks a clock that stands still, as `line: word`. */
export function findFrozenClocks(file, text) {
  const sql = withoutText(file.endsWith(".sql") ? text : sqlOf(text));
  return [...sql.matchAll(FROZEN)].map(
    ({ 0: word, index }) => `${file}:${sql.slice(0, index).split("\n").length}: ${word}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const files = globSync(
    ["packages/db/supabase/**/*.sql", "packages/{db,control}/src/**/*.ts", "apps/*/src/**/*.ts"],
    { cwd: root },
  ).sort();
  const found = files.flatMap((file) =>
    findFrozenClocks(file, readFileSync(join(root, file), "utf8")),
  );
  if (files.length === 0) found.push("No SQL was found: this check looks in the wrong place.");
  for (const line of found) console.log(line);
  if (found.length > 0)
    console.log("Use clock_timestamp(): the others stand still in a transaction.");
  process.exitCode = found.length === 0 ? 0 : 1;
}
