import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { ID_PREFIXES, RunId, idSchema, toId, toUuid, type IdKind } from "./ids.ts";

const kinds = Object.keys(ID_PREFIXES) as IdKind[];
const uuids = fc.uuid();

describe("ids", () => {
  test("every uuid has one id of each kind, and comes back from it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), uuids, (kind, uuid) => {
        const id = toId(kind, uuid);
        expect(toUuid(kind, id)).toBe(uuid);
        expect(idSchema(kind).safeParse(id).success).toBe(true);
      }),
      numRuns(10_000),
    );
  });

  test("sort like their uuids", () => {
    fc.assert(
      fc.property(uuids, uuids, (a, b) => {
        expect(toId("run", a) < toId("run", b)).toBe(a < b);
      }),
      numRuns(10_000),
    );
  });

  test.each([
    ["another kind", "step_00000000000000000000000000"],
    ["too short", "run_0000"],
    ["a letter that is not in the alphabet", "run_0000000000000000000000000u"],
    ["more than 128 bits", "run_80000000000000000000000000"],
    ["a raw uuid", "01930000-0000-7000-8000-000000000001"],
  ])("%s is no run id", (_name, text) => {
    expect(() => toUuid("run", text)).toThrow(RangeError);
    expect(RunId.safeParse(text).success).toBe(false);
  });

  test("only a lower-case uuid becomes one", () => {
    expect(() => toId("run", "01930000-0000-7000-8000-00000000000A")).toThrow(RangeError);
  });
});
