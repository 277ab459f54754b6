import { expect, it } from "vitest";
import { z } from "zod";
import { declareRouter } from "./declare-router.ts";
import { type JsonSchema, typescriptOf } from "./typescript-of.ts";

const of = (schema: z.ZodType, io: "input" | "output" = "output") =>
  typescriptOf(z.toJSONSchema(schema, { io }) as JsonSchema, (ref) => ref);

it.each<[string, z.ZodType]>([
  ["string", z.string().max(3)],
  ["number", z.int()],
  ["string | null", z.string().nullable()],
  ['"a" | "b"', z.enum(["a", "b"])],
  [
    '{ kind: "a"; n: number; } | { kind: "b"; }',
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), n: z.number() }),
      z.object({ kind: z.literal("b") }),
    ]),
  ],
  [
    '{ a?: string; /** Why */ "b-c": boolean; }',
    z.object({ a: z.string().optional(), "b-c": z.boolean().describe("Why") }),
  ],
  ["Array<string | number>", z.array(z.union([z.string(), z.number()]))],
  ["[string, number]", z.tuple([z.string(), z.number()])],
  ["Record<string, unknown>", z.record(z.string(), z.unknown())],
  ['Record<"x" | "y", number>', z.record(z.enum(["x", "y"]), z.number())],
  ["(string) & (string)", z.string().and(z.string())],
  ["unknown", z.union([z.string(), z.unknown()])],
  ["never", z.union([])],
])("%s", (type, schema) => {
  expect(of(schema)).toBe(type);
});

it("what may be left out by who asks is there for who reads", () => {
  const schema = z.object({ n: z.number().default(1) });
  expect(of(schema, "input")).toBe("{ n?: number; }");
  expect(of(schema)).toBe("{ n: number; }");
});

interface Tree {
  children: Tree[];
}
const Tree: z.ZodType<Tree> = z.object({ children: z.array(z.lazy(() => Tree)) });
const procedure = (type: string, inputs: z.ZodType[], output: z.ZodType) => ({
  _def: { type, inputs, output },
});

it("a router is declared by its schemas alone, types that refer to themselves by name", () => {
  const text = declareRouter({
    "trees.get": procedure("query", [z.object({ id: z.string() }).optional()], Tree),
    "trees.grow": procedure("mutation", [], z.object({ under: z.array(Tree) })),
  });
  expect(text).toContain(
    "get: TRPCQueryProcedure<{ input: ({ id: string; }) | void; output: TreesGetOutput; meta: object }>;",
  );
  expect(text).toContain("type TreesGetOutput = { children: Array<TreesGetOutput>; };");
  expect(text).toMatch(
    /grow: TRPCMutationProcedure<\{ input: void; output: \{ under: Array<(\w+)>; \}; meta/,
  );
  const [, shared = "?"] = /under: Array<(\w+)>/.exec(text) ?? [];
  expect(text).toContain(`type ${shared} = { children: Array<${shared}>; };`);
  expect([...text.matchAll(/from "([^"]+)"/g)].map(([, name]) => name)).toEqual(["@trpc/server"]);
});

it("what cannot be declared is refused by name", () => {
  const odd = { "runs.watch": procedure("subscription", [], z.string()) };
  expect(() => declareRouter(odd)).toThrow("runs.watch");
});
