import { expect, test } from "vitest";
import { indentOf, sayStrategy } from "./say-hierarchy.ts";

test("deeper places stand further to the right, within the page", () => {
  expect([indentOf(0), indentOf(2), indentOf(500)]).toEqual([0, 2.5, 15]);
});

test("strategies say how", () => {
  const session = { mode: null, status: "running", rounds: 0 } as const;
  expect([
    sayStrategy({ ...session, strategy: "solo" }),
    sayStrategy({ ...session, strategy: "pair", rounds: 1 }),
    sayStrategy({ ...session, strategy: "swarm", mode: "best_of_n" }),
  ]).toEqual(["solo", "pair, 1 round", "swarm, best of n"]);
});
