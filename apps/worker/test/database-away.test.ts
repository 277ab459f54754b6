import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerStack } from "./harness.ts";

let stack: WorkerStack;
beforeAll(async () => {
  stack = await startWorkerStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

/** A way to the database that can be shut. */
async function gateTo(url: string): Promise<{ url: string; shut(): void }> {
  const there = new URL(url);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(there.port), there.hostname);
    for (const one of [near, far]) {
      open.add(one);
      one.on("error", () => {});
    }
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const here = new URL(url);
  here.port = String(typeof address === "object" ? address?.port : 0);
  return {
    url: here.href,
    shut() {
      server.close();
      for (const one of open) one.destroy();
    },
  };
}

test("told to stop while the database is away, a worker leaves all the same", async () => {
  const gate = await gateTo(stack.stack.database.url("nofx_worker"));
  const worker = await stack.start({ DATABASE_DIRECT_URL: gate.url, NOFX_GRACE_SECONDS: "0" });
  const run = await stack.run([{ name: "long", arguments: sh("sleep 60") }]);
  await until("it is at work", async () => (await stack.step(run, "long")).epoch === 1);
  gate.shut();
  worker.signal("SIGTERM");
  expect(await worker.exited).toBe(0);
}, 90_000);
