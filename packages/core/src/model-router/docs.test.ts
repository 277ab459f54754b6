import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROUTE_CONDITION_FIELDS } from "./condition-variables.ts";
import { REJECTIONS } from "./decision.ts";
import { HealthState } from "./health/health-view.ts";
import { CODES } from "./refuse.ts";
import { RouteStrategy } from "./routing-policy.ts";

const page = readFileSync(new URL("../../../../docs/router.md", import.meta.url), "utf8");
const section = (title: string) => page.split(`\n## ${title}`)[1]?.split("\n## ")[0] ?? "";
const told = (text: string) => [...text.matchAll(/`([a-z0-9_A-Z]+)`/g)].map(([, word]) => word);

test("docs/router.md tells every strategy, field of conditions, refusal and state of health", () => {
  const strategies = RouteStrategy.options.map(({ shape }) => shape.type.value);
  expect(told(section("Policies"))).toEqual(expect.arrayContaining(strategies));
  const fields = Object.keys(ROUTE_CONDITION_FIELDS);
  expect(told(section("Policies").split("### Conditions")[1] ?? "")).toEqual(
    expect.arrayContaining(fields),
  );
  const refusals = told(section("What a candidate can lack"));
  expect(refusals).toEqual(expect.arrayContaining([...REJECTIONS]));
  expect(refusals).toEqual(expect.arrayContaining([...Object.values(CODES), "no_rule"]));
  expect(told(section("Health and the breaker"))).toEqual(
    expect.arrayContaining(HealthState.options),
  );
});

test("docs/router.md names each refusal beside its code", () => {
  const rows = section("What a candidate can lack").split("\n");
  for (const why of REJECTIONS) {
    const row = rows.find(
      (line) => line.startsWith("|") && told(line.split("|")[1] ?? "").includes(why),
    );
    expect(told(row?.split("|")[2] ?? "")).toEqual([CODES[why]]);
  }
});
