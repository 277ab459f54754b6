import {
  isEither,
  isFunction,
  isRepeated,
  literalOf,
  mayHave,
  nameOf,
  type Node,
} from "./syntax.ts";

/** Where each verb takes its options, and with which other verbs it shares its names. */
const VERBS: Readonly<Record<string, { readonly options: number; readonly names: string }>> = {
  step: { options: 1, names: "checkpoint" },
  llm: { options: 1, names: "model call" },
  undo: { options: 3, names: "undo" },
  sleep: { options: 1, names: "wait" },
  waitFor: { options: 1, names: "wait" },
  any: { options: 2, names: "wait" },
  spawn: { options: 3, names: "child" },
  approve: { options: 1, names: "approval" },
  emit: { options: 2, names: "event" },
  tool: { options: 3, names: "tool use" },
  requireApproval: { options: 2, names: "tool use" },
};

export interface LintContext {
  readonly options: readonly { readonly contexts?: readonly string[] }[];
  report(problem: { node: unknown; messageId: string; data?: Record<string, string> }): void;
}

export interface LintVisitor {
  CallExpression(node: Node): void;
}

/** Verbs whose first argument is what is used, by whatever expression. */
const TOOLS = new Set(["tool", "requireApproval"]);

interface Use {
  readonly node: Node;
  readonly verb: string;
  readonly scope: Node;
  readonly name: string;
}

/** A rule as ESLint and oxlint take it. */
export interface LintRule {
  readonly meta: {
    readonly type: "problem";
    readonly docs: { readonly description: string };
    readonly schema: readonly object[];
    readonly messages: Readonly<Record<string, string>>;
  };
  create(context: LintContext): LintVisitor;
}

/** Names of steps: literal, each once in its handler, with a key where the same place is passed more than once. */
export const stepNames: LintRule = {
  meta: {
    type: "problem",
    docs: {
      description: "Names of steps are literal, used once in a handler, and have a key in loops",
    },
    schema: [
      {
        type: "object",
        properties: { contexts: { type: "array", items: { type: "string" } } },
        additionalProperties: false,
      },
    ],
    messages: {
      literal:
        "The name in ctx.{{verb}} has to be a literal: what differs from item to item goes into {{brace}} key }.",
      loop: "This runs once for each item: give it what tells the items apart, {{brace}} key: item.id }.",
      reused:
        'The {{kind}} "{{name}}" is there twice in this handler: names are what results are found by. Give each its own, or a key.',
    },
  },
  create(context: LintContext): LintVisitor {
    const names = new Set(context.options[0]?.contexts ?? ["ctx"]);
    const uses: Use[] = [];
    return {
      CallExpression(node: Node) {
        const callee = node["callee"] as Node;
        if (callee.type !== "MemberExpression" || callee["computed"] === true) return;
        const verb = nameOf(callee["property"] as Node) ?? "";
        const rule = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
        const object = nameOf(callee["object"] as Node);
        const scope = object === undefined ? undefined : scopeOf(node, object, names);
        if (rule === undefined || scope === undefined) return;
        const args = node["arguments"] as Node[];
        if (verb === "llm" && args.length < 2) return;
        const name = identity(args[0], verb);
        if (name === undefined) {
          context.report({
            node: args[0] ?? node,
            messageId: "literal",
            data: { verb, brace: "{" },
          });
          return;
        }
        const options = args[rule.options];
        if (mayHave(options, "key") || (TOOLS.has(verb) && mayHave(options, "name"))) return;
        if (isRepeated(node, scope)) {
          context.report({ node, messageId: "loop", data: { brace: "{" } });
          return;
        }
        const kind = rule.names;
        const before = uses.find(
          (use) =>
            use.scope === scope &&
            use.name === name &&
            VERBS[use.verb]?.names === kind &&
            !isEither(use.node, node),
        );
        if (before !== undefined) {
          context.report({ node, messageId: "reused", data: { kind, name } });
        }
        uses.push({ node, verb, scope, name });
      },
    };
  },
};

/** What a call is known by: its literal, or the handle of a declared approval, or the tool. */
function identity(first: Node | undefined, verb: string): string | undefined {
  const literal = literalOf(first);
  if (literal !== undefined || !(verb === "approve" || TOOLS.has(verb))) return literal;
  if (first?.type === "MemberExpression") return nameOf(first["property"] as Node);
  return nameOf(first);
}

/** The function whose parameter the context is, when it is one: by its name, or as the handler of a task. */
function scopeOf(node: Node, object: string, contexts: ReadonlySet<string>): Node | undefined {
  for (let at: Node | null | undefined = node; at != null; at = at.parent) {
    if (!isFunction(at)) continue;
    const parameters = at["params"] as Node[];
    const index = parameters.findIndex((parameter) => nameOf(parameter) === object);
    if (index < 0) continue;
    return contexts.has(object) || (index === 0 && isHandler(at)) ? at : undefined;
  }
  return undefined;
}

/** `task("…").run(async (c) => …)` */
function isHandler(node: Node): boolean {
  const call = node.parent;
  if (call?.type !== "CallExpression") return false;
  const callee = call["callee"] as Node;
  return callee.type === "MemberExpression" && nameOf(callee["property"] as Node) === "run";
}
