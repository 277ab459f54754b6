import { afterEach, expect, it, vi } from "vitest";
import { Interrupted } from "../errors.ts";
import { runTasks } from "./run-tasks.ts";

afterEach(() => vi.restoreAllMocks());

/** What was printed; tests have no terminal. */
function printed(): string[] {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  return lines;
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

it("prints a line for each task, with its result and time", async () => {
  const lines = printed();
  const run = async (note: (text: string) => void) => {
    note("half way");
    return "port 3000";
  };
  await runTasks(
    [
      { title: "Dashboard", run },
      { title: "Seed", run: async () => "" },
    ],
    new AbortController().signal,
  );
  expect(lines.toSorted()).toEqual([
    expect.stringMatching(/^✔ Dashboard: port 3000 +\d+\.\d s$/),
    expect.stringMatching(/^✔ Seed +\d+\.\d s$/),
  ]);
});

it("stops the others when one fails, and throws its error when all have ended", async () => {
  printed();
  let ended = false;
  const waiting = async (_: unknown, signal: AbortSignal) => {
    try {
      return await untilAborted(signal);
    } finally {
      ended = true;
    }
  };
  const failing = async () => {
    throw new Error("disk");
  };
  await expect(
    runTasks(
      [
        { title: "a", run: waiting },
        { title: "b", run: failing },
      ],
      new AbortController().signal,
    ),
  ).rejects.toThrow("disk");
  expect(ended).toBe(true);
});

it("ends with the reason of whoever stops it, without starting anything more", async () => {
  printed();
  const stop = new AbortController();
  stop.abort(new Interrupted());
  const run = vi.fn(async () => "");
  await expect(runTasks([{ title: "a", run }], stop.signal)).rejects.toThrow(Interrupted);
  expect(run).not.toHaveBeenCalled();
});
