import { permanent, retryLater, task, type AnyTask, type TaskContext } from "@nofx/sdk";

/** What a handler does, as data: one operation of each line has to be found again by its name. */
export type Op =
  | { do: "step" | "sleep" | "event" | "race" | "approve" | "any" | "emit" | "undo"; name: string }
  | { do: "both"; ops: readonly Op[] }
  | { do: "child"; name: string; ops: readonly Op[] }
  | { do: "fail"; name: string };

export interface Program {
  readonly ops: readonly Op[];
}

const KINDS = [
  "step",
  "step",
  "sleep",
  "event",
  "race",
  "emit",
  "approve",
  "any",
  "undo",
  "both",
  "child",
  "fail",
] as const;

/** A program from a seed: a few operations, some of them at once, some in children. */
export function aProgram(random: () => number): Program {
  let count = 0;
  const below = (limit: number) => Math.floor(random() * limit);
  const ops = (most: number, depth: number): Op[] =>
    Array.from({ length: 1 + below(most) }, () => op(depth));
  const op = (depth: number): Op => {
    const name = `n${++count}`;
    const kind = KINDS[below(depth > 0 ? KINDS.length : KINDS.length - 3)] ?? "step";
    if (kind === "both") return { do: "both", ops: [leaf(), leaf()] };
    if (kind === "child") return { do: "child", name, ops: ops(3, 0) };
    return { do: kind, name };
  };
  const leaf = (): Op => ({ do: "step", name: `n${++count}` });
  return { ops: ops(6, 1) };
}

/** How often each effect was done. */
export type Effects = Map<string, number>;

/** The same for everybody who asks: what people answer, and what an event brings. */
export const answerTo = (name: string) => (name.endsWith("3") ? "rejected" : "approved");
export const payloadOf = (name: string) => `event ${name}`;

/** An agent that does what programs say. */
export function interpreter(
  programs: ReadonlyMap<string, readonly Op[]>,
  effects: Effects,
): AnyTask {
  const work: AnyTask = task("test.program").run(async (ctx, { program }) => {
    const ops = programs.get(String(program)) ?? [];
    const said: unknown[] = [];
    for (const op of ops) said.push(await perform(ctx, op, String(program)));
    return said;
  });

  async function perform(ctx: TaskContext, op: Op, program: string): Promise<unknown> {
    switch (op.do) {
      case "step":
        return ctx.step(op.name as "x", () => {
          effects.set(
            `${ctx.info.runId} ${program} ${op.name}`,
            (effects.get(`${ctx.info.runId} ${program} ${op.name}`) ?? 0) + 1,
          );
          return `done ${op.name}`;
        });
      case "sleep":
        await ctx.sleep(op.name as "x", 60);
        return "slept";
      case "event": {
        const met = await ctx.waitFor(op.name as "x", { match: ctx.info.runId });
        return met.payload;
      }
      case "race":
        // who wins differs from schedule to schedule; that a replay finds the same winner does not
        await ctx.any(op.name as "x", {
          told: { event: { name: op.name, key: ctx.info.runId } },
          late: { seconds: 30 },
        });
        return "raced";
      case "approve":
        return (await ctx.approve(op.name as "x", { question: `${op.name}?` })).status;
      case "any": {
        const met = await ctx.any(
          op.name as "x",
          { never: { event: { name: "never" } }, late: { seconds: 90 } },
          { timeoutSeconds: 30 },
        );
        return met.option;
      }
      case "emit":
        await ctx.emit(op.name as "x", 1);
        return "emitted";
      case "undo":
        await ctx.undo(op.name as "x", "test.program", { program: "nothing" });
        return "undoable";
      case "both":
        return Promise.all(op.ops.map((one) => perform(ctx, one, program)));
      case "child": {
        const inner = `${program}/${op.name}`;
        const child = await ctx.spawn(op.name as "x", "test.program", { program: inner });
        const { status } = await ctx.join(child);
        return status;
      }
      case "fail":
        if (ctx.info.attempt === 1) throw retryLater("not yet", { afterSeconds: 5 });
        if (op.name.endsWith("7")) throw permanent("for good");
        return "came through";
    }
  }
  return work;
}

/** Every program and those of its children, by name. */
export function namesOf(name: string, ops: readonly Op[]): [string, readonly Op[]][] {
  const inner = ops.flatMap((op) =>
    op.do === "child" ? namesOf(`${name}/${op.name}`, op.ops) : [],
  );
  return [[name, ops], ...inner];
}
