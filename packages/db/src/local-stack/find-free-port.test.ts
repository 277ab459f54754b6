import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { findFreePort, listenOnFreePort } from "./find-free-port.ts";

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function occupy(preferred: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  return listenOnFreePort(server, preferred);
}

it("is the one wanted when free, and a later one when busy", async () => {
  const free = await findFreePort(0);
  expect(await findFreePort(free)).toBe(free);
  const busy = await occupy(free);
  expect(busy).toBe(free);
  expect(await findFreePort(busy)).toBeGreaterThan(busy);
  expect(await occupy(busy)).toBeGreaterThan(busy);
});

it("is a sentence when there is none", async () => {
  await expect(findFreePort(65_536)).rejects.toThrow(/No port is free/);
});
