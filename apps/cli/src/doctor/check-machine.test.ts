import { createServer } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { checkMachine } from "./check-machine.ts";

afterEach(() => vi.unstubAllEnvs());

async function busyPort() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, [Symbol.dispose]: () => void server.close() };
}

it("looks at everything that a start needs, and says something about each", async () => {
  using busy = await busyPort();
  vi.stubEnv("NOFX_WEB_PORT", String(busy.port));
  const checks = await checkMachine();
  const of = (name: string) => checks.find((check) => check.name.startsWith(name));
  expect(checks.every(({ says }) => says !== "")).toBe(true);
  expect(of("Node")).toMatchObject({ state: "ok" });
  expect(of("Postgres")?.says).toContain("17");
  expect(of("git")?.says).toContain("git");
  expect(of(`Port ${busy.port}`)?.says).toMatch(/in use while NOFX runs|will be taken instead/);
});

it("says what is wrong with a port that is none", async () => {
  vi.stubEnv("NOFX_GATEWAY_PORT", "none");
  const bad = (await checkMachine()).filter(({ state }) => state === "bad");
  expect(bad[0]?.says).toContain('NOFX_GATEWAY_PORT is "none"');
});
