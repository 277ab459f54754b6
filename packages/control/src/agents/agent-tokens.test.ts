import { system } from "@nofx/control/seams";
import { expect, test } from "vitest";
import { remember } from "../model-endpoint/remembered.ts";
import { createAgentTokens } from "./agent-tokens.ts";

test("what was found of a caller holds from when it was asked for, however long the answer took", async () => {
  let now = 0;
  const clock = { ...system.clock, now: () => now };
  const env = { SUPABASE_JWT_SECRET: "a secret" };
  const tokens = createAgentTokens({ clock, sha256: (text) => text, env });
  const callers = remember<number>(clock, { forMs: 3_000, most: 10 });
  for (const recall of [tokens.recall, callers.get]) {
    let asked = 0;
    const find = async () => {
      now += 2_500;
      return (asked += 1);
    };
    expect(await recall("a token", find)).toBe(1);
    expect(await recall("a token", find)).toBe(1);
    now += 2_000;
    expect(await recall("a token", find)).toBe(2);
  }
});
