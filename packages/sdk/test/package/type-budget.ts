/** A project of so many tasks, twenty a file, each with schemas, a checkpoint, an approval, a wait, a child and a model call. */
export function manyTasks(count: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let from = 0; from < count; from += 20) {
    const tasks = Array.from({ length: Math.min(20, count - from) }, (_, i) => taskText(from + i));
    files[`tasks-${from}.ts`] = `import { approval, task } from "@nofx/sdk";
import { z } from "zod";
const other = task("other.thing").input(z.object({ id: z.string() })).output(z.object({ n: z.int() })).run(() => ({ n: 1 }));
${tasks.join("\n")}`;
  }
  return files;
}

function taskText(n: number): string {
  return `
const may${n} = approval("may ${n}").ask(z.object({ id: z.string(), n${n}: z.int() })).decide(z.object({ n${n}: z.int() }));
export const task${n} = task("project.task${n}")
  .input(z.object({ id: z.string(), list: z.array(z.object({ a${n}: z.int(), b: z.enum(["x", "y"]) })) }))
  .output(z.object({ total: z.int(), text: z.string().optional() }))
  .emits({ "event.${n}": z.object({ cents: z.int() }) })
  .models("auto")
  .run(async (ctx, input) => {
    const total = await ctx.step("sum", { undo: (sum) => ({ capability: "x", input: { sum } }) }, () =>
      input.list.reduce((sum, one) => sum + one.a${n}, 0),
    );
    const answer = await ctx.approve(may${n}, { question: "?", ask: { id: input.id, n${n}: total } });
    if (answer.status === "rejected") return { total: 0 };
    const met = await ctx.any("first", { paid: { event: { name: "event.${n}" } }, late: { seconds: 60 } });
    if (met.option === "paid") return { total: met.payload.payload.cents };
    const child = await ctx.join(await ctx.spawn("other", other, { id: input.id }));
    const { text } = await ctx.llm("say", { prompt: input.id });
    return { total: child.status === "succeeded" ? child.output.n : total, text };
  });`;
}
