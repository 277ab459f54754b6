import type { RunView, StepView } from "@nofx/core/api";
import { dim, duration, green, printable, red, yellow } from "../terminal/style.ts";

/** Shows how a run goes. */
export interface RunDisplay {
  update(run: RunView): void;
  /** A line of its own, above whatever is redrawn. */
  say(text: string): void;
  end(): void;
}

type Phase = "waiting" | "held" | "running" | "succeeded" | "failed" | "cancelled";

export function phaseOf(step: StepView): Phase {
  if (step.status === "assigned" || step.status === "running") return "running";
  if (step.status !== "queued") return step.status;
  return step.holds.length === 1 && step.holds[0] === "approval" ? "held" : "waiting";
}

export const MARKS: Record<Phase, string> = {
  waiting: dim("·"),
  held: yellow("?"),
  running: yellow("▸"),
  succeeded: green("✔"),
  failed: red("✖"),
  cancelled: dim("–"),
};

/** How long the step has been at it, or was: its last attempt, without the time it waited. */
export function workedMs(step: StepView, now: number): number {
  const attempt = step.attempts.at(-1);
  if (attempt === undefined) return 0;
  const end = attempt.finishedAt === null ? now : Date.parse(attempt.finishedAt);
  return Math.max(0, end - Date.parse(attempt.startedAt));
}

/** What there is to say about a step beside its name. */
export function describeStep(step: StepView, now: number): string {
  const worked = duration(workedMs(step, now));
  switch (phaseOf(step)) {
    case "waiting":
    case "held":
      return step.waitingFor ?? "";
    case "running": {
      const { percent = null, note = null } = step.progress ?? {};
      const by = step.kind === "agent" ? "agent at work" : "running";
      const how = [percent === null ? "" : `${Math.round(percent)} %`, note ?? ""].filter(Boolean);
      return [worked, how.length === 0 ? by : how.join(" ")].join("  ");
    }
    case "succeeded":
      return worked;
    case "failed":
      return [worked, step.error?.message.split("\n")[0] ?? ""].join("  ");
    case "cancelled":
      return step.error?.code === "dependency_failed" ? "a step it needs did not succeed" : "";
  }
}

export function lineOf(step: StepView, now: number, nameWidth: number): string {
  const text = printable(describeStep(step, now));
  const phase = phaseOf(step);
  const quiet = phase === "waiting" || phase === "cancelled";
  return `${MARKS[phase]} ${step.name.padEnd(nameWidth)}  ${quiet ? dim(text) : text}`;
}

const nameWidth = (run: RunView) => Math.max(...run.stepList.map((step) => step.name.length), 0);

/** A line for each change: for pipes, files and CI. */
export function plainDisplay(write: (line: string) => void, begun: number): RunDisplay {
  const shown = new Map<string, Phase>();
  const at = () => `${duration(performance.now() - begun).padStart(8)}  `;
  return {
    update(run) {
      for (const step of run.stepList) {
        const phase = phaseOf(step);
        if (shown.get(step.name) === phase) continue;
        shown.set(step.name, phase);
        if (phase !== "waiting") write(at() + lineOf(step, Date.now(), nameWidth(run)));
      }
    },
    say: (text) => write(at() + text),
    end: () => {},
  };
}

const REDRAW_MS = 100;

/** All steps at once, redrawn in place. */
export function terminalDisplay(
  out: Pick<NodeJS.WriteStream, "columns" | "rows"> & { write(text: string): boolean },
): RunDisplay {
  let latest: RunView | undefined;
  let drawn = 0;
  const draw = () => {
    if (latest === undefined) return;
    const run = latest;
    const width = (out.columns || 80) - 1;
    const room = Math.max(3, (out.rows || 24) - 2);
    const lines = run.stepList
      .map((step) => cut(lineOf(step, Date.now(), nameWidth(run)), width))
      .slice(-room);
    out.write(erase(drawn) + lines.map((line) => `${line}\n`).join(""));
    drawn = lines.length;
  };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    update(run) {
      latest = run;
    },
    say(text) {
      out.write(`${erase(drawn)}${text}\n`);
      drawn = 0;
      draw();
    },
    end() {
      clearInterval(timer);
      draw();
    },
  };
}

function erase(lines: number): string {
  return lines === 0 ? "" : `\u001b[${lines}A\u001b[0J`;
}

/** Cuts a line to a width, counting no style, so that it never wraps. */
export function cut(line: string, width: number): string {
  let left = width;
  let result = "";
  // oxlint-disable-next-line no-control-regex
  for (const [part] of line.matchAll(/\u001b\[[0-9;]*m|[^\u001b]/gu)) {
    if (part.startsWith("\u001b")) result += part;
    else if (left > 0) {
      left -= 1;
      result += left === 0 ? "…" : part;
    }
  }
  return result;
}
