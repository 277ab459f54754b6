import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  defineAgent,
  defineTask,
  type AnyTask,
  type Approval,
  type ArtifactHandle,
  type StandardSchema,
} from "../src/index.ts";

const task = defineTask({
  capability: "code.patch",
  input: z.object({ n: z.coerce.number(), label: z.string().default("none") }),
  output: z.object({ ok: z.boolean(), when: z.string().default("now") }),
  run: async (ctx, input) => {
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
    expectTypeOf(ctx.approve("e", { question: "?" })).resolves.toEqualTypeOf<Approval>();
    expectTypeOf(ctx.needs.output("x")).toBeUnknown();
    expectTypeOf(ctx.needs.output("x", z.object({ n: z.number() }))).resolves.toEqualTypeOf<{
      n: number;
    }>();
    expectTypeOf(ctx.needs.artifact("x")).toEqualTypeOf<ArtifactHandle>();
    return { ok: true };
  },
});

test("a task's types come from its schemas", () => {
  // Never run: the compiler checks the handler above and the assertions below.
  expectTypeOf(task.run).returns.resolves.toEqualTypeOf<{
    ok: boolean;
    when?: string | undefined;
  }>();
  expectTypeOf(task).toExtend<AnyTask>();

  defineTask({
    capability: "x",
    input: z.object({}),
    output: z.object({ ok: z.boolean() }),
    // @ts-expect-error the output has another form
    run: () => ({ ok: "yes" }),
  });
});

test("an approval makes its ends tell apart", () => {
  const read = (answer: Approval): unknown => {
    switch (answer.status) {
      case "modified":
        return answer.arguments;
      case "approved":
      case "rejected":
      case "expired":
      case "superseded":
        // @ts-expect-error only a modified approval has arguments
        return answer.arguments;
    }
  };
  expect(read({ name: "a", status: "modified", arguments: { n: 1 } })).toEqual({ n: 1 });
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
  const halve = defineTask({
    capability: "math.halve",
    input: even,
    output: z.number(),
    run: (_, n) => {
      expectTypeOf(n).toEqualTypeOf<number>();
      return n / 2;
    },
  });
  expect(defineAgent({ tasks: [halve] }).tasks.get("math.halve")).toBe(halve);
});

test("definitions that cannot work are refused at once", () => {
  const make = (capability: string) =>
    defineTask({ capability, input: z.unknown(), output: z.unknown(), run: () => null });
  expect(() => make("Code Patch")).toThrow(/capability "Code Patch": use 1 to 64/);
  expect(() => defineAgent({ tasks: [] })).toThrow(/at least one/);
  expect(() => defineAgent({ tasks: [make("a"), make("a")] })).toThrow(
    /two of them have the capability "a"/,
  );
  expect(() => defineAgent({ tasks: [make("a")], concurrency: 0 })).toThrow(/whole number from 1/);
});
