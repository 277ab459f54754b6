import { expect, it } from "vitest";
import { parseObject } from "./parse-object.ts";

it("reads an object", () => {
  expect(parseObject(' {"a": [1, {"b": null}]} ')).toEqual({ value: { a: [1, { b: null }] } });
});

it.each([["{"], [""], ["[]"], ["null"], ['"text"'], ["1"]])(
  "says what is wrong with %j",
  (text) => {
    expect(parseObject(text)).toEqual({ problem: expect.stringMatching(/JSON/) });
  },
);
