import type { WorkerEngine } from "@nofx/control/steps";
import type { ShellWith } from "@nofx/core/vocabulary";
import { StepFailed, type Handler, type StepRun } from "../catalog/handler.ts";
import { persist } from "../loop/persist.ts";
import { isRunnable } from "../shell/find-command.ts";
import { OutputLines } from "../shell/output-lines.ts";
import { runProcess } from "../shell/run-process.ts";
import { stepEnvironment } from "../shell/step-environment.ts";
import { collectArtifacts } from "../workspace/collect-artifacts.ts";
import type { Workspaces } from "../workspace/ensure-workspace.ts";
import { fetchInputs } from "../workspace/fetch-inputs.ts";
import type { Files } from "../workspace/files.ts";

export interface ShellPorts {
  readonly engine: WorkerEngine;
  readonly files: Files;
  readonly workspaces: Workspaces;
  readonly newUuid: () => string;
}

const NOT_SANDBOXED = "not sandboxed: runs with the worker's rights";

/** Runs a command in the run's workspace: inputs in, command, artifacts out. */
export function createShellHandler(ports: ShellPorts): Handler<ShellWith> {
  return async (run, args) => {
    const { step, signal, log } = run;
    refuseUnlessTrusted(step.shell);
    log.write("system", NOT_SANDBOXED);
    const workspace = await ports.workspaces.ensure(step.workspace_run, step.workspace);
    await persist(run, () => fetchInputs(step, args.inputs, workspace, ports));
    const env = await stepEnvironment(step, workspace, args.env ?? {});
    const argv = args.command ?? ["sh", "-e", "-c", args.script ?? ""];
    const command = argv[0] ?? "";
    if (!(await isRunnable(command, workspace, env["PATH"] ?? ""))) {
      throw new StepFailed(
        "spawn_failed",
        `"${command}" is not a program that the worker can run: it is not on its path.`,
      );
    }
    const { stdout, stderr } = outputOf(run);
    const { exitCode, durationMs } = await runProcess({
      argv,
      env,
      signal,
      clock: run.clock,
      cwd: workspace,
      onStdout: (chunk) => stdout.push(chunk),
      onStderr: (chunk) => stderr.push(chunk),
    });
    stdout.end();
    stderr.end();
    if (signal.aborted) return { type: "stopped" };
    if (exitCode !== 0) {
      const what =
        args.command === undefined ? "The script" : `\`${argv.join(" ").slice(0, 200)}\``;
      throw new StepFailed(
        "exit_nonzero",
        `${what} ended with ${exitCode}.\n${stderr.tail()}`.trim(),
      );
    }
    await collectArtifacts(run, args.artifacts, workspace, ports);
    return { type: "succeeded", output: { exitCode, durationMs, stdoutTail: stdout.tail() } };
  };
}

function refuseUnlessTrusted(shell: string): void {
  if (shell === "trusted") return;
  if (shell === "sandboxed") {
    throw new StepFailed(
      "sandbox_unavailable",
      "This tenant wants its commands in a sandbox and this worker has none. Set the tenant's `shell` to trusted to run them with the worker's rights.",
    );
  }
  throw new StepFailed(
    "shell_not_trusted",
    "This tenant does not run commands. An admin can set the tenant's `shell` to trusted: they then run with the worker's rights.",
  );
}

function outputOf({ log }: StepRun): { stdout: OutputLines; stderr: OutputLines } {
  const say = (notice: string) => log.write("system", notice);
  return {
    stdout: new OutputLines("stdout", (line) => log.write("stdout", line), say),
    stderr: new OutputLines("stderr", (line) => log.write("stderr", line), say),
  };
}
