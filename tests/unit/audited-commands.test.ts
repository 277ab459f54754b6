import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../../packages/control/src");
const read = (file: string) => readFileSync(join(src, file), "utf8");
const isAudited = (file: string) => /\baudit\(|takeSnapshot\(/.test(read(file));

/** Commands whose entry is appended by what they call: a file of ours, or a function of the database. */
const BY_ANOTHER: Record<string, string> = {
  "approvals/decide.ts": "approvals/cast-vote.ts",
  "approvals/decide-many.ts": "approvals/cast-vote.ts",
  "routing/switch-provider.ts": "routing/set-provider.ts",
  "vault/put.ts": "vault/write-version.ts",
  "vault/rotate.ts": "vault/write-version.ts",
};
const BY_THE_DATABASE: Record<string, string> = {
  "tasks/submit.ts": "tasks.submitted",
};
/** Commands that decide nothing, with the reason. */
const DECIDES_NOTHING: Record<string, string> = {
  "approvals/comment.ts": "a comment changes no answer",
  "audit/head.ts": "asks for a signature of what is there",
  "backlog/create-upload.ts": "a place for a file, which an import then reads",
  "webhooks/send-test.ts": "a trial, told to one endpoint only",
};

test("every command that changes something leaves an entry in the audit log, in its transaction", () => {
  const commands = globSync("**/*.ts", { cwd: src }).filter(
    (file) => !file.endsWith(".test.ts") && /\brunCommand\(\s*ctx/.test(read(file)),
  );
  expect(commands.length).toBeGreaterThan(30);
  const unaudited = commands.filter(
    (file) =>
      !isAudited(file) &&
      !(file in DECIDES_NOTHING) &&
      !(file in BY_THE_DATABASE) &&
      !(file in BY_ANOTHER && isAudited(BY_ANOTHER[file] ?? "")),
  );
  expect(unaudited).toEqual([]);
});

test("what the lists say of commands is still so", () => {
  for (const [file, by] of Object.entries(BY_ANOTHER)) {
    const name = by.slice(by.lastIndexOf("/") + 1);
    expect([file, read(file).includes(name) || isAudited(file)]).toEqual([file, true]);
  }
  for (const file of Object.keys(DECIDES_NOTHING)) {
    expect([file, /\brunCommand\(/.test(read(file)), isAudited(file)]).toEqual([file, true, false]);
  }
  const schema = readFileSync(join(src, "../../db/schema.sql"), "utf8");
  for (const verb of Object.values(BY_THE_DATABASE)) expect(schema).toContain(`'${verb}'`);
});
