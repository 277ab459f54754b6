// Runs a script on the project's own Node whatever Node the machine has, and hands signals on.
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { projectNode } from "./paths.mjs";
import { Sentence } from "./say.mjs";

const repeatMs = 1500;

/** Whether this process already runs on the project's Node. */
export function onProjectNode() {
  return existsSync(projectNode) && realpathSync(projectNode) === realpathSync(process.execPath);
}

function environment(extra) {
  // Commands that the project starts by name find the same Node.
  const path = [dirname(projectNode), process.env.PATH ?? ""].join(delimiter);
  return {
    NEXT_TELEMETRY_DISABLED: "1",
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    ...process.env,
    PATH: path,
    ...extra,
  };
}

/**
 * Starts `script` and resolves with its exit code. The child gets its own process group: Ctrl-C at a terminal reaches every
 * process of the foreground group and npm sends it again, but the child must stop once. So this process takes the signals,
 * drops repeats within 1.5 s, and passes on one. A later one is passed on too: the second Ctrl-C of an impatient person. The
 * channel between the two lets the child notice when this process is killed outright.
 */
export function runOnProjectNode(script, args, extraEnv = {}) {
  if (!existsSync(projectNode)) {
    throw new Sentence(
      "This clone is not prepared yet: run `npm start` (or `npm test`) first; it installs what is needed.",
    );
  }
  const child = spawn(projectNode, [script, ...args], {
    cwd: process.cwd(),
    env: environment(extraEnv),
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: true,
  });
  let last = 0;
  const pass = (signal) => {
    if (signal !== "SIGWINCH") {
      if (Date.now() - last < repeatMs) return;
      last = Date.now();
    }
    child.kill(signal);
  };
  const parent = process.ppid;
  const watch = setInterval(() => {
    // Under npm: npm was killed outright, nobody is left to hand us a signal.
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) pass("SIGTERM");
  }, 1000);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGWINCH"];
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.removeListener(name, pass);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}
