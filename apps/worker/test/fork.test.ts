import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
beforeAll(async () => {
  stack = await startWorkerStack();
  await stack.start();
});
afterAll(() => stack[Symbol.asyncDispose]());

test("a forked run goes on in the workspace of the one before, and does not repeat what is kept", async () => {
  const first = await stack.run([
    { name: "make", arguments: sh("printf kept > note.txt; printf x >> made") },
    {
      name: "use",
      needs: ["make"],
      arguments: sh("if [ -f tried ]; then cat note.txt; else : > tried; exit 1; fi"),
    },
  ]);
  await stack.finished(first, "failed");
  const id = randomUUID();
  const { rows } = await stack.owner.query(
    `select engine.fork_run($1, $2, array['use'], '{}', false, $3::uuid, 'Olga', 'member', 'olga', $4, null, null) as made`,
    [first.id, id, randomUUID(), randomUUID()],
  );
  expect(rows[0].made).toMatchObject({ result: "forked", kept: 1 });
  await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
  const steps = await stack.owner.query("select id, name from steps where run_id = $1", [id]);
  const names = steps.rows.map((step) => [step.name, step.id]);
  const next = { id, tenantId: first.tenantId, steps: Object.fromEntries(names) };
  await stack.finished(next);
  expect(await stack.logs(next, "use")).toContain("stdout: kept");
  const made = readFileSync(join(stack.folder, "workspaces", first.id, "made"), "utf8");
  expect(made).toBe("x");
});
