import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { questionDigest, toolDigest } from "./tool-digest.ts";

const plane = { sha256: (text: string) => createHash("sha256").update(text).digest("hex") };

// Answers are stored under these: what is asked after an upgrade has to be the same question still.
test("digests of questions and uses of tools stay what they are, whatever the order of keys", () => {
  expect(questionDigest(plane, "Go on?", { b: 1, a: [2] })).toBe(
    plane.sha256('["Go on?",{"a":[2],"b":1}]'),
  );
  const use = { tool: "deploy", version: "1", target: null, arguments: { b: 1, a: 2 } };
  expect(toolDigest(plane, use)).toBe(plane.sha256('["deploy","1",null,{"a":2,"b":1}]'));
});
