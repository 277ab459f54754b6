import { expect, it } from "vitest";
import { screen } from "./screen.ts";

it("tells a newcomer where to go, how to get in and how to stop, on one screen of 80 columns", () => {
  const text = screen({
    addresses: {
      dashboard: "http://127.0.0.1:3000",
      supabase: "http://127.0.0.1:54321",
      publishableKey: "sb_publishable_x",
      agents: "http://127.0.0.1:8790",
      postgresPort: 54_322,
    },
    credentials: {
      people: {
        supervisor: { email: "supervisor@demo.local", password: "aaaa-bbbb-cccc-dddd" },
        operator: { email: "operator@demo.local", password: "eeee-ffff-gggg-hhhh" },
        admin: { email: "admin@demo.local", password: "jjjj-kkkk-mmmm-nnnn" },
      },
      agentKeys: { patcher: "nofx_ak_secret" },
    },
    now: { sentences: ["It runs.", "One approval waits."], path: "/runs/run_1" },
    home: "/home/me/nofx/.nofx",
    seconds: "4.2 s",
  });
  // oxlint-disable-next-line no-control-regex
  const lines = text.replace(/\u001b\[[0-9;]*m/g, "").split("\n");
  expect(lines.length).toBeLessThan(20);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  for (const part of [
    "http://127.0.0.1:3000",
    "supervisor@demo.local  password aaaa-bbbb-cccc-dddd",
    "operator@demo.local  password eeee-ffff-gggg-hhhh",
    "admin@demo.local  password jjjj-kkkk-mmmm-nnnn",
    "One approval waits.",
    "/home/me/nofx/.nofx",
    "Ctrl-C",
  ])
    expect(text).toContain(part);
  expect(text).not.toContain("nofx_ak_secret");
});
