import { expect, it } from "vitest";
import { runProcess, stopProcesses } from "./processes.ts";

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
      stopProcesses("SIGKILL");
    },
  });
  expect(code).toBe(128);
  expect(pid).toBeGreaterThan(0);
  // Getting here shows that both have ended: the output closes only when the last process that holds it does.
});

it("says when there is no such command", async () => {
  await expect(runProcess("no-such-command-here", [])).rejects.toThrow("ENOENT");
});
