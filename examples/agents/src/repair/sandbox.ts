import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const MAX_OUTPUT = 64 * 1024;

export interface TestResult {
  passed: boolean;
  /** How many tests said so, where the runner got to its summary. */
  tests: number;
  output: string;
  timedOut: boolean;
}

/** A copy of a package in a folder of its own, where its tests are run. */
export class Sandbox implements AsyncDisposable {
  readonly #root: string;
  readonly #package: string;

  private constructor(root: string) {
    this.#root = root;
    this.#package = join(root, "package");
  }

  static async create(files: ReadonlyMap<string, string>): Promise<Sandbox> {
    const sandbox = new Sandbox(await realpath(await mkdtemp(join(tmpdir(), "nofx-repair-"))));
    for (const [path, content] of files) await sandbox.write(path, content);
    return sandbox;
  }

  async write(path: string, content: string): Promise<void> {
    const target = join(this.#package, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }

  /** Runs test files with Node's own runner; a program that does not end is killed with what it started. */
  async test(
    files: readonly string[],
    options: { timeoutMs: number; signal: AbortSignal; coverage?: string },
  ): Promise<TestResult> {
    options.signal.throwIfAborted();
    const child = spawn(process.execPath, ["--test", "--test-reporter=tap", ...files], {
      cwd: this.#package,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing of this agent's environment: its key, above all, is no business of the program under repair.
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: this.#root,
        TMPDIR: this.#root,
        ...(options.coverage === undefined
          ? {}
          : { NODE_V8_COVERAGE: join(this.#root, options.coverage) }),
      },
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      if (output.length < MAX_OUTPUT) output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);

    let timedOut = false;
    const kill = () => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.timeoutMs);
    options.signal.addEventListener("abort", kill, { once: true });
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
      });
      options.signal.throwIfAborted();
      const tests = Number(/^# tests (\d+)$/m.exec(output)?.[1] ?? 0);
      return { passed: code === 0 && tests > 0, tests, output, timedOut };
    } finally {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", kill);
    }
  }

  /** What a run with `coverage` executed of a file: a function that tells whether a place was reached. */
  async reached(coverage: string, path: string): Promise<(offset: number) => boolean> {
    const folder = join(this.#root, coverage);
    const url = pathToFileURL(join(this.#package, path)).href;
    const ranges: Range[][] = [];
    for (const name of await readdir(folder)) {
      const { result } = JSON.parse(await readFile(join(folder, name), "utf8")) as CoverageFile;
      const script = result.find((entry) => entry.url === url);
      if (script) ranges.push(script.functions.flatMap((fn) => fn.ranges));
    }
    return (offset) => ranges.some((all) => countAt(all, offset) > 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}

interface Range {
  startOffset: number;
  endOffset: number;
  count: number;
}

interface CoverageFile {
  result: { url: string; functions: { ranges: Range[] }[] }[];
}

/** The innermost range that holds a place says how often it ran. */
function countAt(ranges: readonly Range[], offset: number): number {
  let size = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const range of ranges) {
    const length = range.endOffset - range.startOffset;
    if (range.startOffset <= offset && offset < range.endOffset && length <= size) {
      size = length;
      count = range.count;
    }
  }
  return count;
}
