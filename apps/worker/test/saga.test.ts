import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
beforeAll(async () => {
  stack = await startWorkerStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

const LEASE = { NOFX_LEASE_SECONDS: "1.5" };

/** Takes an effect back once a key, however often it is tried; the first try of `stuck` never ends. */
const undo = (name: string, stuck: boolean) => ({
  kind: "shell",
  with: sh(`
    if [ ${stuck} = true ] && [ "$NOFX_EPOCH" = 1 ]; then echo here > stuck; sleep 300; fi
    mkdir "undone-$NOFX_IDEMPOTENCY_KEY" && echo "${name}" >> undone
  `),
});

test("a saga goes on where a killed worker left it: six steps undone in order, each once by key", async () => {
  const names = ["s1", "s2", "s3", "s4", "s5", "s6"];
  const first = await stack.start(LEASE);
  const run = await stack.run([
    ...names.map((name, i) => ({
      name,
      arguments: sh(`echo ${name} >> done`),
      undo: undo(name, name === "s4"),
      ...(i === 0 ? {} : { needs: [names[i - 1]!] }),
    })),
    { name: "last", needs: ["s6"], arguments: sh("exit 3") },
  ]);
  const file = (name: string) =>
    readFileSync(join(stack.folder, "workspaces", run.id, name), "utf8").trim();
  await until("it is in the middle of undoing s4", () => {
    try {
      return file("stuck");
    } catch {
      return undefined;
    }
  });
  first.signal("SIGKILL");
  await first.exited;

  await stack.start(LEASE);
  await stack.finished(run, "failed", 30_000);
  expect(file("done").split("\n")).toEqual(names);
  expect(file("undone").split("\n")).toEqual(names.toReversed());
  const { rows } = await stack.owner.query(
    `select r.compensation, (select array_agg(distinct c.status) from compensations c where c.run_id = r.id) as register,
       (select sum(s.crashes)::int from steps s where s.run_id = r.id) as crashes
     from runs r where r.id = $1`,
    [run.id],
  );
  expect(rows).toEqual([{ compensation: "done", register: ["undone"], crashes: 1 }]);
}, 60_000);
