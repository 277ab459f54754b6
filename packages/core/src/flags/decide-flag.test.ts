import { describe, expect, it } from "vitest";
import { decideFlag, readSwitches } from "./decide-flag.ts";

describe("decideFlag", () => {
  const name = "FEATURE_AUTO_PLANNER";
  it("asks the environment, then the tenant, then the default", () => {
    const on = { [name]: true };
    const off = { [name]: false };
    expect(decideFlag(name, off, on)).toEqual({ enabled: false, source: "environment" });
    expect(decideFlag(name, {}, off)).toEqual({ enabled: false, source: "tenant" });
    expect(decideFlag(name, {}, {})).toEqual({ enabled: true, source: "default" });
  });

  it("keeps the flags apart", () => {
    const off = { FEATURE_PLANNER_EXECUTE: false };
    expect(decideFlag(name, off, off)).toEqual({ enabled: true, source: "default" });
  });
});

describe("readSwitches", () => {
  it("takes booleans and words, and leaves out what it does not know", () => {
    expect(
      readSwitches({ FEATURE_AUTO_PLANNER: " OFF", FEATURE_PLANNER_EXECUTE: true, OTHER: true }),
    ).toEqual({ FEATURE_AUTO_PLANNER: false, FEATURE_PLANNER_EXECUTE: true });
    expect(readSwitches({ FEATURE_AUTO_PLANNER: "maybe" })).toEqual({});
    expect(readSwitches({ FEATURE_AUTO_PLANNER: null })).toEqual({});
    expect(readSwitches("off")).toEqual({});
    expect(readSwitches(Object.create({ FEATURE_AUTO_PLANNER: false }))).toEqual({});
  });
});
