import { describe, expect, it } from "vitest";
import { planMigrations } from "./plan-migrations.ts";
import type { Migration } from "./read-migrations.ts";

const file = (version: string, sql = `-- ${version}\nselect 1;\n`): Migration => ({
  version,
  name: "step",
  file: `${version}_step.sql`,
  sql,
});
const applied = (version: string, ...statements: string[]) => ({
  version,
  statements: statements.length > 0 ? statements : [`-- ${version}\nselect 1;\n`],
});

describe("what is still to be applied", () => {
  it("is everything at first, the rest later, nothing at last", () => {
    const files = [file("0001"), file("0002"), file("0003")];
    expect(planMigrations(files, [])).toEqual(files);
    expect(planMigrations(files, [applied("0001")])).toEqual(files.slice(1));
    expect(
      planMigrations(
        files,
        files.map(({ version }) => applied(version)),
      ),
    ).toEqual([]);
  });

  it("cannot be said of a database that newer code made", () => {
    expect(() => planMigrations([file("0001")], [applied("0001"), applied("0002")])).toThrow(
      /0002.*newer version/,
    );
  });

  it("cannot be said when a file comes in behind one that was applied", () => {
    expect(() => planMigrations([file("0001"), file("0002")], [applied("0002")])).toThrow(
      /0001_step\.sql comes in behind/,
    );
  });

  it("cannot be said when an applied file was changed", () => {
    const files = [file("0001", "-- 0001\nselect 2;\n")];
    expect(() => planMigrations(files, [applied("0001")])).toThrow(/0001_step\.sql was changed/);
  });

  it("does not mind line ends, a last semicolon, or a history that the Supabase CLI split", () => {
    const files = [file("0001")];
    expect(planMigrations(files, [applied("0001", "-- 0001\r\nselect 1")])).toEqual([]);
    expect(planMigrations(files, [applied("0001", "-- 0001", "select 1")])).toEqual([]);
    expect(planMigrations(files, [{ version: "0001", statements: null }])).toEqual([]);
  });
});
