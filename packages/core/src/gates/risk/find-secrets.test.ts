import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aPlannedStep, numRuns } from "../../testing/index.ts";
import { judgePlan } from "../judge-plan.ts";
import { findSecrets } from "./find-secrets.ts";

// Put together from pieces, so that scanners of source code leave this file alone.
const RANDOM = ["q8Zr2Lw9", "Xk4Tn7Vb", "5Yc1Hm6Ps3Dj0Fg"].join("");
const SECRETS: Record<string, string> = {
  private_key: ["-----BEGIN RSA", "PRIVATE KEY-----"].join(" "),
  aws_key: `id AKIA${"ABCDEFGH".repeat(2)} here`,
  github_token: `ghp_${RANDOM}${RANDOM}`,
  npm_token: `npm_${(RANDOM + RANDOM).slice(0, 36)}`,
  slack_token: `xoxb-${RANDOM}`,
  stripe_key: `sk_live_${RANDOM}`,
  model_key: `sk-ant-${RANDOM}`,
  google_key: `AIza${(RANDOM + RANDOM).slice(0, 35)}`,
  control_plane_key: `nofx_ak_${RANDOM}`,
  jwt: `eyJ${RANDOM}.eyJ${RANDOM}.${RANDOM}`,
  url_password: "postgres://me:hunter2hunter2@db/x",
  assignment: `export DEPLOY_TOKEN=${RANDOM}`,
};

describe("findSecrets", () => {
  test.each(Object.entries(SECRETS))("knows the form %s", (pattern, text) => {
    expect(findSecrets({ command: ["x", text] })).toMatchObject([
      { pattern, path: ["command", "1"] },
    ]);
  });

  test("knows a random value by its telling name", () => {
    expect(findSecrets({ env: { API_KEY: RANDOM } })).toMatchObject([
      { pattern: "assignment", path: ["env", "API_KEY"] },
    ]);
  });

  test("looks at keys, without repeating them", () => {
    const found = findSecrets({ [SECRETS["github_token"]!]: { a: SECRETS["aws_key"] } });
    expect(found.map(({ path }) => path)).toEqual([["(removed)"], ["(removed)", "a"]]);
  });

  test.each([
    { script: 'curl -H "Authorization: Bearer $DEPLOY_TOKEN" https://example.org' },
    { env: { DEPLOY_TOKEN: "${{ secrets.DEPLOY_TOKEN_2026_PROD }}" } },
    { env: { TOKEN_FILE: "/run/secrets/token-4f5e6d7c8b9a0f1e2d3c" } },
    { env: { SECRET_NAME: "projects4f5e6d7c8b9a0f1e2d3c" } },
    { input: { token: "the release token of the team" } },
    { input: { sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" } },
    { command: ["node", "scripts/publish.mjs", "--registry", "registry", "--version", "1.4.1"] },
    { script: "psql postgres://localhost/db && git clone git@example.org:a/b.git" },
  ])("leaves %j alone", (args) => expect(findSecrets(args)).toEqual([]));

  test("takes linear time on hostile text", () => {
    for (const piece of [
      "token=",
      "eyJ-",
      "a".repeat(50),
      "-----BEGIN A ",
      "x://a:",
      "sk-",
      "A:",
    ]) {
      const text = piece.repeat(Math.ceil(65_536 / piece.length));
      expect(findSecrets({ text }).length).toBeLessThanOrEqual(1);
    }
  });
});

test("a finding about a secret never contains it", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(SECRETS)), fc.boolean(), (secret, asKey) => {
      const args = asKey ? { [secret]: 1 } : { script: secret };
      const facts = { shell: "trusted", sandboxAvailable: false } as const;
      const step = aPlannedStep({ name: "a", with: args, undo: { kind: "shell", with: args } });
      const text = JSON.stringify(judgePlan({ steps: [step], notes: [], facts }));
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
    }),
    numRuns(10_000),
  );
});
