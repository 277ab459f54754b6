import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), "nofx-launch-"));
const child = join(folder, "child.mjs");
const launcher = join(folder, "launcher.mjs");
writeFileSync(
  child,
  `import { followLauncher } from ${JSON.stringify(join(here, "follow-launcher.mjs"))};
followLauncher();
const got = [];
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    got.push(signal);
    console.log("got", ...got);
    setTimeout(() => process.exit(7), 400);
  });
console.log("up", process.version, ...process.argv.slice(2));
setInterval(() => {}, 1000);`,
);
writeFileSync(
  launcher,
  `import { runOnProjectNode } from ${JSON.stringify(join(here, "project-node.mjs"))};
process.exitCode = await runOnProjectNode(${JSON.stringify(child)}, process.argv.slice(2));
console.log("done");`,
);

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((process) => process.kill("SIGKILL")));
afterAll(() => rmSync(folder, { recursive: true }));

async function launch(...args: string[]) {
  const process_ = spawn(process.execPath, [launcher, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(process_);
  let output = "";
  process_.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => process_.once("close", resolve));
  await expect.poll(() => output, { timeout: 10_000 }).toContain("up");
  return { launcher: process_, ended, output: () => output };
}

it("passes arguments on and runs on the project's Node", async () => {
  const { output, launcher: started_, ended } = await launch("dev", "--port", "3000");
  expect(output()).toMatch(/^up v24\.\d+\.\d+ dev --port 3000$/m);
  started_.kill("SIGTERM");
  await ended;
});

it("hands a signal on once, however often it comes, waits for the end and takes over the exit code", async () => {
  const { output, launcher: started_, ended } = await launch();
  started_.kill("SIGINT");
  await expect.poll(output).toContain("got");
  started_.kill("SIGINT");
  started_.kill("SIGINT");
  expect(await ended).toBe(7);
  expect(output()).toContain("got SIGINT\n");
  expect(output()).not.toContain("SIGINT SIGINT");
  expect(output()).toContain("done");
});

it("lets the child stop in order when the launcher is killed outright", async () => {
  const { output, launcher: started_, ended } = await launch();
  started_.kill("SIGKILL");
  await ended;
  expect(output()).toContain("got SIGTERM\n");
});
