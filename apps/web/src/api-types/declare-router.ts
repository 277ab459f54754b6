import { Problem } from "@nofx/core/errors";
import { z } from "zod";
import { type JsonSchema, typescriptOf } from "./typescript-of.ts";

/** As much of a procedure as its declaration needs. */
interface Procedure {
  readonly _def: {
    readonly type: string;
    readonly inputs?: readonly unknown[];
    readonly output?: unknown;
  };
}

const KINDS: Record<string, string> = {
  query: "TRPCQueryProcedure",
  mutation: "TRPCMutationProcedure",
};

interface Tree {
  [name: string]: Tree | string;
}

/**
 * The types of a router as one file of declarations, made from the schemas that its procedures check with. It knows nothing
 * of the server: no context, no database, nothing imported but tRPC's own types.
 */
export function declareRouter(procedures: Record<string, unknown>): string {
  /** Types that refer to themselves, by name. */
  const named = new Map<string, string>();
  const problem = typeOf(Problem, "output", "Problem", named);
  const tree: Tree = {};
  for (const [path, procedure] of Object.entries(procedures)) {
    place(tree, path.split("."), declare(path, procedure as Procedure, named));
  }
  return `// Generated from the schemas of the control plane's procedures. Types only: nothing of it exists at run time.
import type {
  ${Object.values(KINDS).join(",\n  ")},
  TRPCBuiltRouter,
  inferRouterInputs,
  inferRouterOutputs,
} from "@trpc/server";

/** What is wrong, in the form of RFC 9457; \`code\` is stable. */
export type Problem = ${problem};

/** What a TRPCClientError carries. */
export interface ErrorShape {
  message: string;
  code: number;
  data: { code: string; httpStatus: number; problem: Problem };
}

${[...named].map(([name, type]) => `type ${name} = ${type};\n`).join("")}
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  ${print(tree, "  ")}
>;
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
`;
}

function declare(path: string, { _def }: Procedure, named: Map<string, string>): string {
  const kind = KINDS[_def.type];
  if (kind === undefined) throw new Error(`${path}: a ${_def.type} has no declaration yet`);
  const name = path.replaceAll(/(^|[.])(.)/g, (_, _dot, letter: string) => letter.toUpperCase());
  const inputs = (_def.inputs ?? []).map((input) => inputOf(input, `${name}Input`, named));
  const input = inputs.length === 0 ? "void" : inputs.join(" & ");
  const output = typeOf(_def.output, "output", `${name}Output`, named);
  return `${kind}<{ input: ${input}; output: ${output}; meta: object }>`;
}

function inputOf(schema: unknown, name: string, named: Map<string, string>): string {
  const type = typeOf(schema, "input", name, named);
  return (schema as z.ZodType).safeParse(undefined).success ? `(${type}) | void` : type;
}

function typeOf(
  schema: unknown,
  io: "input" | "output",
  name: string,
  named: Map<string, string>,
): string {
  const json = z.toJSONSchema(schema as z.ZodType, { io, unrepresentable: "any" }) as JsonSchema;
  /** `#` is the whole, `#/$defs/X` a part that refers to itself. */
  const nameOf = (ref: string) => (ref === "#" ? name : `${name}_${ref.slice("#/$defs/".length)}`);
  for (const [part, definition] of Object.entries(json.$defs ?? {})) {
    named.set(nameOf(`#/$defs/${part}`), typescriptOf(definition, nameOf));
  }
  const type = typescriptOf(json, nameOf);
  if (!JSON.stringify(json).includes('"$ref":"#"')) return type;
  named.set(name, type);
  return name;
}

function place(tree: Tree, [name = "", ...rest]: readonly string[], leaf: string): void {
  if (rest.length === 0) {
    tree[name] = leaf;
    return;
  }
  const branch = tree[name] ?? {};
  tree[name] = branch;
  if (typeof branch === "object") place(branch, rest, leaf);
}

function print(tree: Tree, indent: string): string {
  const lines = Object.entries(tree).map(
    ([name, at]) =>
      `${indent}  ${name}: ${typeof at === "string" ? at : print(at, `${indent}  `)};\n`,
  );
  return `{\n${lines.join("")}${indent}}`;
}
