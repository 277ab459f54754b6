import { expect, it } from "vitest";
import { runProcess, signalProcesses, stopProcesses } from "./processes.ts";

const node = (script: string) => [process.execPath, ["-e", script]] as const;

it("collects what a command prints, line by line, and its exit code", async () => {
  const lines: string[] = [];
  const finished = await runProcess(
    ...node(`console.log("a"); console.error("b"); process.exit(3)`),
    {
      onLine: (line) => lines.push(line),
    },
  );
  expect(finished.code).toBe(3);
  expect(lines.sort()).toEqual(["a", "b"]);
  expect(finished.output.split("\n").sort()).toEqual(["a", "b"]);
});

it("stops a command with everything that it started", async () => {
  const grandchild = `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log(process.pid)"], { stdio: "inherit" })`;
  let pid = 0;
  const { code } = await runProcess(...node(`${grandchild}; setInterval(() => {}, 1000)`), {
    onLine(line) {
      pid = Number(line);
      signalProcesses("SIGKILL");
    },
  });
  expect(code).toBe(128);
  expect(pid).toBeGreaterThan(0);
  // Getting here shows that both have ended: the output closes only when the last process that holds it does.
});

it("asks before it ends, and ends what does not listen", async () => {
  const polite = runProcess(
    ...node(
      `process.on("SIGINT", () => process.exit(5)); setInterval(() => {}, 1000); console.log("up")`,
    ),
    {
      onLine: () => up.resolve(),
    },
  );
  const up = Promise.withResolvers<void>();
  await up.promise;
  await stopProcesses(10_000);
  expect((await polite).code).toBe(5);

  const deaf = Promise.withResolvers<void>();
  const stubborn = runProcess(
    ...node(`process.on("SIGINT", () => {}); setInterval(() => {}, 1000); console.log("up")`),
    {
      onLine: () => deaf.resolve(),
    },
  );
  await deaf.promise;
  await stopProcesses(100);
  expect((await stubborn).code).toBe(128);
});

it("says when there is no such command", async () => {
  await expect(runProcess("no-such-command-here", [])).rejects.toThrow("ENOENT");
});
