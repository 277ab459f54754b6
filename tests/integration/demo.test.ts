import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { isRunning } from "@nofx/db/local-stack/process-identity";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";

// The whole product as a newcomer meets it: the commands behind `npm start` and `npm run demo`, in a state folder of their own.

const root = resolve(import.meta.dirname, "../..");
const PORTS = {
  NOFX_WEB_PORT: "3310",
  NOFX_SUPABASE_PORT: "54331",
  NOFX_POSTGRES_PORT: "54431",
  NOFX_GATEWAY_PORT: "8810",
};
/** A build of the web app may be part of it. */
const LONG = 400_000;

interface State {
  addresses: { dashboard: string };
  processes: { name: string; pid: number; started: string }[];
}

let folder: string;
let home: string;
const running: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nofx-demo-"));
  home = join(folder, "home");
});
afterAll(async () => {
  await nofx("stop").ended;
  for (const child of running) child.kill("SIGKILL");
  await nofx("reset", "--yes").ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a command of `nofx`, without a terminal. */
function nofx(...args: string[]) {
  return start(args, {});
}

function start(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, "apps/cli/bin/nofx.mjs"), ...args], {
    cwd: root,
    env: { ...process.env, ...PORTS, NOFX_HOME: home, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  }
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.once("close", (code) => done({ code, output: printed }));
  });
  return {
    child,
    ended,
    said: (text: string) =>
      until(
        text,
        () => {
          if (child.exitCode !== null) throw new Error(`it ended (${child.exitCode}):\n${printed}`);
          return printed.includes(text);
        },
        LONG,
      ),
    output: () => printed,
  };
}

const readState = () => JSON.parse(readFileSync(join(home, "state.json"), "utf8")) as State;
const read = async (...args: string[]): Promise<Record<string, unknown>> => {
  const answer = await nofx(...args, "--json").ended;
  expect(answer).toMatchObject({ code: 0 });
  return JSON.parse(answer.output) as Record<string, unknown>;
};

it(
  "starts with a story in progress, runs the main job beside it, and stops without a trace",
  async () => {
    const dev = nofx("dev");
    await dev.said("is running");
    const { addresses, processes } = readState();
    const screen = dev.output();
    expect(screen).toContain(addresses.dashboard);
    expect(screen).toMatch(/supervisor@demo.local {2}password [a-z0-9-]{19}/);
    expect(screen).toMatch(/operator@demo.local {2}password [a-z0-9-]{19}/);
    expect(screen).toContain('"Publish to the folder registry" waits for the supervisor.');
    expect(screen).toContain("Ctrl-C");
    expect(processes.map(({ name }) => name).toSorted()).toEqual([
      "agent-patcher",
      "agent-reviewer",
      "stack",
      "web",
      "worker",
    ]);

    const second = await nofx("dev").ended;
    expect(second.code).toBe(1);
    expect(second.output).toContain(`its dashboard is ${addresses.dashboard}`);

    expect(await read("workers")).toMatchObject({ items: [{ name: "worker" }], plug: true });
    const drain = await nofx("workers", "drain", "worker").ended;
    expect(drain.output).toContain("claims nothing more");
    const undrain = await nofx("workers", "undrain", "worker").ended;
    expect(undrain.output).toContain("worker claims again");

    const demo = await nofx("demo").ended;
    expect(demo.output).toContain("structural gate: warn");
    expect(demo.output).toContain("The supervisor approved: Publish to the folder registry");
    expect(demo).toMatchObject({ code: 0 });
    const [, file = "", sha256 = ""] =
      /Downloaded (\S+), sha256 as stored: ([0-9a-f]{64})/.exec(demo.output) ?? [];
    const tarball = readFileSync(resolve(root, file));
    expect(createHash("sha256").update(tarball).digest("hex")).toBe(sha256);

    const { items } = (await read("runs")) as {
      items: { id: string; status: string; planVersion: number }[];
    };
    expect(items.map(({ planVersion, status }) => [planVersion, status])).toEqual([
      [2, "succeeded"],
      [1, "running"],
    ]);

    const going = items[1]?.id ?? "";
    expect((await nofx("runs", "pause", going).ended).output).toContain("is paused");
    expect((await nofx("runs", "resume", going).ended).output).toContain("goes on");
    expect(await nofx("runs", "rerun", going).ended).toMatchObject({ code: 1 });
    expect(await read("dead-letters", "list")).toMatchObject({ items: [] });
    expect((await nofx("events", "send", "built", "--json", "{}").ended).code).toBe(0);

    const task = [
      "tasks",
      "submit",
      "--kind",
      "shell",
      "--with",
      '{"script": ":"}',
      "--key",
      "one",
    ];
    expect(await nofx(...task).ended).toMatchObject({
      code: 0,
      output: expect.stringContaining("1 task is queued."),
    });
    expect(await read(...task)).toMatchObject({ runs: [expect.any(String)], existing: 1 });
    expect(await nofx("tasks", "submit").ended).toMatchObject({ code: 2 });

    const backlog = join(root, "examples/release-train/backlog.yaml");
    expect(await read("import", backlog)).toMatchObject({ pack: "release-train", unchanged: 12 });
    const planned = await nofx("plan", "release-train", "--execute").ended;
    expect(planned).toMatchObject({ code: 1 });
    expect(planned.output).toContain("Every item of release-train is done");
    expect(await nofx("plan", "nothing").ended).toMatchObject({ code: 1 });
    expect(await nofx("runs", "--limit", "none").ended).toMatchObject({ code: 2 });
    expect((await nofx("runs").ended).output).toMatch(
      /succeeded.*release-train|release-train.*succeeded/i,
    );
    expect((await nofx("reset", "--yes").ended).output).toContain("Stop it first");
    expect(await read("doctor")).toMatchObject({ checks: expect.any(Array) });
    expect((await nofx("status").ended).output).toContain(addresses.dashboard);

    dev.child.kill("SIGINT");
    expect(await dev.ended).toMatchObject({ code: 0 });
    expect(dev.output()).toContain("Stopped. Everything is kept for the next start.");
    expect(processes.filter(isRunning)).toEqual([]);
    expect(await read("status")).toEqual({ running: false, home });
  },
  LONG,
);

it(
  "finds its data again, and says which step failed and why",
  async () => {
    // A machine without git: the patch cannot be applied.
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const tool of ["sh", "env"]) symlinkSync(join("/bin", tool), join(bin, tool));
    symlinkSync(process.execPath, join(bin, "node"));
    const demo = await start(["demo"], { PATH: [bin].join(delimiter) }).ended;
    expect(demo).toMatchObject({ code: 1 });
    expect(demo.output).toContain("12 items (0 new, 0 changed, 12 as they were)");
    expect(demo.output).toMatch(/version [23]\b/);
    expect(demo.output).toMatch(/The run failed\.\nStep "apply" failed: exit_nonzero: /);
    expect(demo.output).toMatch(/\n {2}[!|] .*git/);
    expect(await read("status")).toEqual({ running: false, home });
  },
  LONG,
);

it(
  "begins anew after a reset, which asks first",
  async () => {
    expect((await nofx("reset").ended).output).toContain("say --yes");
    expect((await nofx("reset", "--yes").ended).output).toContain("Removed.");
    expect(existsSync(join(home, "credentials.json"))).toBe(false);
  },
  LONG,
);
