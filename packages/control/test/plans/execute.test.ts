import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

test("a run has the steps of its plan, in order, held by what they need and by the questions about them", async () => {
  const operator = await (await t.tenant()).as("operator");
  const items = [
    shellItem("a"),
    shellItem("b", { needs: ["a"] }),
    shellItem("c", { needs: ["a", "b"], sensitive: true }),
    shellItem("d", { sensitive: true }),
  ];
  await importBacklog(again(operator), backlog("p", items));
  const { id: planId } = await createPlan(again(operator), { pack: "p" });
  // one of the questions is answered before the run begins
  await t.owner.query(
    `update approvals a set status = 'approved', decided_at = clock_timestamp() from plan_steps s
     where s.id = a.plan_step_id and a.tenant_id = $1 and s.title = 'd'`,
    [operator.tenantId],
  );
  const { runId, steps } = await executePlan(again(operator), { planId });
  expect(steps).toBe(4);
  const { rows } = await t.owner.query(
    `select s.title, s.holds, s.deps_left, s.kind_version,
       (select array_agg(n.title order by n.title) from step_dependencies d join steps n on n.id = d.depends_on where d.step_id = s.id) as needs,
       (select array_agg(a.status) from approvals a where a.step_id = s.id and a.run_id = s.run_id) as asked
     from steps s where s.run_id = $1 and s.tenant_id = $2 order by s.position`,
    [toUuid("run", runId), operator.tenantId],
  );
  const of = (title: string) => rows.find((row) => row.title === title);
  expect(rows).toHaveLength(4);
  expect(of("a")).toMatchObject({ holds: 0, deps_left: 0, needs: null, asked: null });
  expect(of("b")).toMatchObject({ holds: 1, deps_left: 1, needs: ["a"], asked: null });
  expect(of("c")).toMatchObject({ holds: 3, deps_left: 2, needs: ["a", "b"], asked: ["pending"] });
  expect(of("d")).toMatchObject({ holds: 0, deps_left: 0, needs: null, asked: ["approved"] });
});
