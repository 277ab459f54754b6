import { z } from "zod";
import { permanent } from "../../errors/index.ts";
import type { SchemaOutput, StandardSchema } from "../../schema/index.ts";
import {
  anyObject,
  task,
  type AnyObject,
  type AnyTask,
  type Task,
  type TaskContext,
} from "../../tasks/index.ts";
import { environmentOf } from "./environment.ts";
import { failureOf, type ExitCodes } from "./exit-codes.ts";
import { Output } from "./output.ts";
import { runCommand } from "./run-command.ts";

/** The output of a task that declares none. */
export const ShellResult = z.object({
  stdout: z.string(),
  stderr: z.string(),
  /** Whether more came than was kept. */
  truncated: z.boolean(),
});
export type ShellResult = z.infer<typeof ShellResult>;

export interface ShellOptions<
  I extends StandardSchema = AnyObject,
  O extends StandardSchema = typeof ShellResult,
> extends ExitCodes {
  /** The program and its arguments. No shell is in between, so input cannot become part of a command line. */
  command: readonly string[] | ((input: SchemaOutput<I>) => readonly string[]);
  /** Any JSON object unless told. */
  input?: I | undefined;
  /** With it, stdout is one JSON value that has to fit; without, the output is a `ShellResult`. */
  output?: O | undefined;
  /** What the command reads; the input as JSON unless told. */
  stdin?: ((input: SchemaOutput<I>) => string | Uint8Array) | undefined;
  cwd?: string | undefined;
  /** Besides PATH, HOME, the language and the like. Nothing else of this process's environment passes. */
  env?: Record<string, string> | ((input: SchemaOutput<I>) => Record<string, string>) | undefined;
  /** After this the command is killed, and the step tried again. */
  timeoutSeconds?: number | undefined;
  /** Between SIGTERM and SIGKILL; 5 unless told. */
  killAfterSeconds?: number | undefined;
  /** What is kept of each stream, as text and as log; 1 MiB unless told. */
  maxOutputBytes?: number | undefined;
}

const MEBIBYTE = 1024 * 1024;
/** Text in the output of a step, beside the log that has all lines. */
const MAX_RESULT = 100_000;

/**
 * A command as a task. Its lines become the step's log as they come; it is killed with its whole process group when the
 * lease is lost, the run is cancelled, or this process dies. A code other than 0 fails the attempt: for good after the
 * codes that sysexits.h has for what does not mend, later after 75. Once it has ended well it is not run again.
 */
export function shellTask<
  I extends StandardSchema = AnyObject,
  O extends StandardSchema = typeof ShellResult,
>(capability: string, options: ShellOptions<I, O>): Task<I, O> {
  return task(capability)
    .input(options.input ?? anyObject)
    .output(options.output ?? ShellResult)
    .run(async (ctx: TaskContext, input: unknown) => {
      const spec = specOf(options, input as SchemaOutput<I>);
      return (await ctx.step("command", () => runStep(ctx, spec, options))) as never;
    }) as AnyTask as Task<I, O>;
}

interface Spec {
  argv: readonly string[];
  env: Record<string, string>;
  stdin: string | Uint8Array;
}

function specOf<I extends StandardSchema, O extends StandardSchema>(
  options: ShellOptions<I, O>,
  input: SchemaOutput<I>,
): Spec {
  const { command, env = {}, stdin = JSON.stringify } = options;
  return {
    argv: typeof command === "function" ? command(input) : command,
    env: typeof env === "function" ? env(input) : env,
    stdin: stdin(input),
  };
}

async function runStep<I extends StandardSchema, O extends StandardSchema>(
  ctx: TaskContext,
  spec: Spec,
  options: ShellOptions<I, O>,
): Promise<unknown> {
  const { timeoutSeconds, killAfterSeconds = 5, maxOutputBytes: maxBytes = MEBIBYTE } = options;
  const timeout =
    timeoutSeconds === undefined ? undefined : AbortSignal.timeout(timeoutSeconds * 1_000);
  const shown = spec.argv.join(" ").slice(0, 200);
  const streamOf = (name: string, line?: (line: string) => void) =>
    new Output({
      maxBytes,
      full: () => ctx.log(`${name}: more than ${maxBytes} bytes; the rest is not kept`, "warn"),
      ...(line === undefined ? {} : { line }),
    });
  // What a program reads is no log: it comes back as the output.
  const stdout = streamOf(
    "stdout",
    options.output === undefined ? (line) => ctx.log(line) : undefined,
  );
  const stderr = streamOf("stderr", (line) => ctx.log(line, "warn"));
  const exitCode = await runCommand({
    argv: spec.argv,
    cwd: options.cwd,
    env: environmentOf(ctx.info, spec.env),
    stdin: spec.stdin,
    signal: timeout === undefined ? ctx.signal : AbortSignal.any([ctx.signal, timeout]),
    killAfterMs: killAfterSeconds * 1_000,
    onStdout: (chunk) => stdout.push(chunk),
    onStderr: (chunk) => stderr.push(chunk),
  });
  stdout.end();
  stderr.end();
  ctx.signal.throwIfAborted();
  if (timeout?.aborted) throw new Error(`\`${shown}\` took longer than ${timeoutSeconds} s.`);
  if (exitCode !== 0) throw failureOf(exitCode, shown, stderr.tail || stdout.tail, options);
  if (options.output === undefined) return resultOf(stdout, stderr);
  if (stdout.truncated) throw permanent(`\`${shown}\` wrote more than ${maxBytes} bytes.`);
  return parse(stdout.text, shown);
}

function resultOf(stdout: Output, stderr: Output): ShellResult {
  const cut = (text: string) =>
    text.slice(0, MAX_RESULT).replaceAll("\u0000", "\ufffd").toWellFormed();
  const long = stdout.text.length > MAX_RESULT || stderr.text.length > MAX_RESULT;
  return {
    stdout: cut(stdout.text),
    stderr: cut(stderr.text),
    truncated: long || stdout.truncated || stderr.truncated,
  };
}

function parse(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw permanent(`\`${shown}\` did not write JSON: ${text.slice(0, 200)}`, { cause });
  }
}
