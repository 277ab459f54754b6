import { seedRun, seedTenant } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  const { id } = await seedTenant(engine.owner);
  await seedRun(engine.owner, id, [{ name: "a" }, { name: "b", needs: ["a"] }]);
  await engine.claim("w1");
});
afterAll(() => engine[Symbol.asyncDispose]());

const NOW = "clock_timestamp()";
const LONG = "repeat('x', 256)";

/** What the functions behind the constraints forbid, one rule a line. */
const REFUSED = [
  "update runs set status = 'held'",
  "update runs set status = 'succeeded'",
  `update runs set finished_at = ${NOW}`,
  "update runs set compensation = 'some', outcome = 'failed'",
  "update runs set compensation = 'running'",
  "update runs set outcome = 'succeeded'",
  "update runs set steps_left = -1",
  "update runs set undo_order = 'none'",
  "update runs set plan_id = null, title = null",
  "update runs set title = ''",
  `update runs set title = ${LONG}`,
  "update runs set task_key = ''",
  `update runs set task_key = ${LONG}`,
  "update steps set status = 'held' where name = 'b'",
  "update steps set status = 'succeeded' where name = 'b'",
  `update steps set finalised_at = ${NOW}`,
  "update steps set status = 'running' where name = 'b'",
  `update steps set lease_until = ${NOW} where name = 'b'`,
  "update steps set lease_until = null where name = 'a'",
  "update steps set executor = 'person'",
  "update steps set holds = 512 where name = 'a'",
  "update steps set holds = -1 where name = 'a'",
  "update steps set deps_left = -1 where name = 'b'",
  "update steps set holds = 0 where name = 'b'",
  "update steps set children_left = -1",
  "update steps set deadline_ms = 0",
  "update attempts set outcome = 'succeeded'",
  `update attempts set finished_at = ${NOW}`,
  `update attempts set outcome = 'good', finished_at = ${NOW}`,
];

test.each(REFUSED)("refused: %s", async (statement) => {
  await expect(engine.owner.query(statement)).rejects.toMatchObject({ code: "23514" });
});

test("what they allow", async () => {
  await engine.owner.query(
    `update runs set title = 'x', task_key = 'k', compensation = 'done', outcome = 'failed', status = 'failed', finished_at = ${NOW}`,
  );
  await engine.owner.query(
    `update steps set holds = 0, deps_left = 0, status = 'cancelled', finalised_at = ${NOW} where name = 'b'`,
  );
  await engine.owner.query(`update attempts set outcome = 'lost', finished_at = ${NOW}`);
});
