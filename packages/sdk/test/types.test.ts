import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  approval,
  defineAgent,
  task,
  type AnyTask,
  type ApprovalResult,
  type ArtifactHandle,
  type ChildResult,
  type LlmAnswer,
  type StandardSchema,
  type StepFailure,
  type Task,
  type TaskContext,
  type TaskInput,
  type TaskOutput,
} from "../src/index.ts";

// Never run: the compiler checks the handlers and the assertions in them.

const patch = task("code.patch")
  .input(z.object({ n: z.coerce.number(), label: z.string().default("none") }))
  .output(z.object({ ok: z.boolean(), when: z.string().default("now") }))
  .run(async (ctx, input) => {
    expectTypeOf(input).toEqualTypeOf<{ n: number; label: string }>();
    expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(ctx.step("a", () => 1)).resolves.toEqualTypeOf<number>();
    expectTypeOf(ctx.step("b", async () => ({ deep: ["x"] }))).resolves.toEqualTypeOf<{
      deep: string[];
    }>();
    expectTypeOf(ctx.step("c", async () => {})).resolves.toEqualTypeOf<null>();
    expectTypeOf(ctx.step("d", (): string | undefined => "x")).resolves.toEqualTypeOf<
      string | null
    >();
    await ctx.step(
      "e",
      { key: input.n, undo: (n) => (expectTypeOf(n).toEqualTypeOf<number>(), { capability: "x" }) },
      () => 1,
    );
    expectTypeOf(ctx.needs.output("x")).toBeUnknown();
    expectTypeOf(ctx.needs.output("x", z.object({ n: z.number() }))).resolves.toEqualTypeOf<{
      n: number;
    }>();
    expectTypeOf(ctx.needs.artifact("x")).toEqualTypeOf<ArtifactHandle>();
    // @ts-expect-error models only where the task was built with them
    void ctx.llm;
    return { ok: true };
  });

test("a task's types come from its schemas", () => {
  expectTypeOf<TaskInput<typeof patch>>().toEqualTypeOf<{
    n: unknown;
    label?: string | undefined;
  }>();
  expectTypeOf<TaskOutput<typeof patch>>().toEqualTypeOf<{ ok: boolean; when: string }>();
  expectTypeOf(patch).toExtend<AnyTask>();
  task("x")
    .output(z.object({ ok: z.boolean() }))
    // @ts-expect-error the output has another form
    .run(() => ({ ok: "yes" }));
  task("x").run(async (ctx: TaskContext) => ctx.info.name);
});

test("names are literals", () => {
  const typed = async (ctx: TaskContext, name: string, either: "a" | "b") => {
    await ctx.step("charge", { key: name }, () => 1);
    // @ts-expect-error any text
    await ctx.step(name, () => 1);
    // @ts-expect-error a pattern
    await ctx.step(`charge ${name}` as const, () => 1);
    // @ts-expect-error one of several
    await ctx.step(either, () => 1);
    // @ts-expect-error any text
    await ctx.sleep(name, 1);
    // @ts-expect-error any text
    await ctx.waitFor(name);
    // @ts-expect-error any text
    await ctx.any(name, { late: { seconds: 1 } });
    // @ts-expect-error any text
    await ctx.spawn(name, "code.patch", {});
    // @ts-expect-error any text
    await ctx.approve(name, { question: "?" });
    // @ts-expect-error an option is there twice
    // oxlint-disable-next-line eslint/no-dupe-keys -- what the compiler refuses too
    await ctx.any("w", { late: { seconds: 1 }, late: { seconds: 2 } });
  };
  expect(typed).toBeTypeOf("function");
});

test("an approval makes its ends tell apart", () => {
  const refund = approval("refund")
    .ask(z.object({ order: z.string(), cents: z.int() }))
    .decide(z.object({ cents: z.int() }));
  const plain = approval("go");
  const typed = async (ctx: TaskContext) => {
    const answer = await ctx.approve(refund, { question: "?", ask: { order: "o", cents: 1 } });
    switch (answer.status) {
      case "approved":
      case "modified":
        expectTypeOf(answer.decision).toEqualTypeOf<{ cents: number }>();
        break;
      case "rejected":
      case "expired":
      case "superseded":
        // @ts-expect-error a no decides nothing
        void answer.decision;
    }
    // @ts-expect-error another form than is asked
    await ctx.approve(refund, { question: "?", ask: { order: 1 } });
    // @ts-expect-error nobody can change what declares no decision
    if ((await ctx.approve(plain, { question: "?" })).status === "modified") return;
  };
  expectTypeOf<ApprovalResult<(typeof plain)["asks"], undefined>["status"]>().toEqualTypeOf<
    "approved" | "rejected" | "expired" | "superseded"
  >();
  expect(typed).toBeTypeOf("function");
});

test("events, children and models have the types that were declared", () => {
  const orders = task("orders.watch")
    .emits({ "order.paid": z.object({ cents: z.int() }), "order.gone": z.object({}) })
    .models("auto", "policy:cheap")
    .onFailure((failure) => expectTypeOf(failure).toEqualTypeOf<StepFailure>() as never)
    .run(async (ctx) => {
      const paid = await ctx.waitFor("order.paid", { match: "o-1" });
      expectTypeOf(paid.payload).toEqualTypeOf<{ cents: number }>();
      const late = await ctx.waitFor("wait for it", { event: "order.paid", timeoutSeconds: 1 });
      if (late.status === "received") expectTypeOf(late.payload.cents).toEqualTypeOf<number>();
      const met = await ctx.any(
        "either",
        { paid: { event: { name: "order.paid" } }, late: { seconds: 1 } },
        { timeoutSeconds: 5 },
      );
      if (met.option === "paid") expectTypeOf(met.payload.payload.cents).toEqualTypeOf<number>();
      if (met.option === "timed_out") return;
      // @ts-expect-error no such event was declared
      await ctx.waitFor("order.lost");
      // @ts-expect-error it carries something else
      await ctx.emit("order.paid", { cents: "1" });
      const child = await ctx.spawn("patch", patch, { n: 1 });
      expectTypeOf(ctx.join(child)).resolves.toEqualTypeOf<
        ChildResult<{ ok: boolean; when: string }>
      >();
      // @ts-expect-error the child takes something else
      await ctx.spawn("wrong", patch, { label: 1 });
      expectTypeOf(ctx.llm("draft", { prompt: "?" })).resolves.toEqualTypeOf<LlmAnswer>();
      const { output } = await ctx.llm({ prompt: "?", output: z.object({ n: z.int() }) });
      expectTypeOf(output).toEqualTypeOf<{ n: number }>();
      // @ts-expect-error not one of its models
      await ctx.llm({ prompt: "?", model: "gpt-5" });
    });
  expectTypeOf(orders).toExtend<Task<StandardSchema<Record<string, unknown>>, StandardSchema>>();
});

/** A Standard Schema made by hand: no library is needed. */
const even: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "number" && value % 2 === 0
        ? { value }
        : { issues: [{ message: "expected an even number" }] },
  },
};

test("any Standard Schema will do", () => {
  const halve = task("math.halve")
    .input(even)
    .output(z.number())
    .run((_, n) => {
      expectTypeOf(n).toEqualTypeOf<number>();
      return n / 2;
    });
  expect(defineAgent({ tasks: [halve] }).tasks.get("math.halve")).toBe(halve);
});

test("definitions that cannot work are refused at once", () => {
  const make = (capability: string) => task(capability).run(() => null);
  expect(() => make("Code Patch")).toThrow(/capability "Code Patch": use 1 to 64/);
  expect(() => defineAgent({ tasks: [] })).toThrow(/at least one/);
  expect(() => defineAgent({ tasks: [make("a"), make("a")] })).toThrow(
    /two of them have the capability "a"/,
  );
  expect(() => defineAgent({ tasks: [make("a")], concurrency: 0 })).toThrow(/whole number from 1/);
});
