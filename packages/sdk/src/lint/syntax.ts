/** A node of ESTree, as far as the rule looks at it. */
export interface Node {
  readonly type: string;
  readonly parent?: Node | null;
  readonly [property: string]: unknown;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
const LOOPS = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);
/** Methods that call what they are given once for each item. */
const EACH = new Set([
  "map",
  "forEach",
  "flatMap",
  "filter",
  "reduce",
  "reduceRight",
  "some",
  "every",
  "find",
  "from",
]);

export const isFunction = (node: Node): boolean => FUNCTIONS.has(node.type);

/** The text of a literal; undefined for anything that is put together while the program runs. */
export function literalOf(node: Node | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node?.type !== "TemplateLiteral" || (node["expressions"] as Node[]).length > 0)
    return undefined;
  const [quasi] = node["quasis"] as { value: { cooked: string } }[];
  return quasi?.value.cooked;
}

export function nameOf(node: Node | undefined): string | undefined {
  return node?.type === "Identifier" ? (node["name"] as string) : undefined;
}

/** Whether an object that is written out has a property of that name. One that is not written out may. */
export function mayHave(node: Node | undefined, property: string): boolean {
  if (node === undefined || isFunction(node) || node.type === "Literal") return false;
  if (node.type !== "ObjectExpression") return true;
  return (node["properties"] as Node[]).some((one) => {
    if (one.type !== "Property" || one["computed"] === true) return true;
    const key = one["key"] as Node;
    return (nameOf(key) ?? key["value"]) === property;
  });
}

/** Whether what stands here runs more than once each time that `scope` is called. */
export function isRepeated(node: Node, scope: Node): boolean {
  for (let at = node; at !== scope && at.parent != null; at = at.parent) {
    const { parent } = at;
    if (LOOPS.has(parent.type) && parent["right"] !== at && parent["init"] !== at) return true;
    if (!isFunction(at) || parent.type !== "CallExpression") continue;
    const callee = parent["callee"] as Node;
    const method =
      callee.type === "MemberExpression" ? nameOf(callee["property"] as Node) : undefined;
    if (method !== undefined && EACH.has(method)) return true;
  }
  return false;
}

/** Whether at most one of two places is reached: other branches of one condition, or the first returns. */
export function isEither(first: Node, second: Node): boolean {
  const above = new Map<Node, Node>();
  for (let at = second; at.parent != null; at = at.parent) above.set(at.parent, at);
  let leaves = false;
  for (let at = first; at.parent != null; at = at.parent) {
    const { parent } = at;
    const other = above.get(parent);
    leaves ||= isBranch(parent, at) && endsHere(at);
    if (other === undefined) continue;
    if (other !== at && isBranch(parent, at) && isBranch(parent, other)) return true;
    return leaves;
  }
  return false;
}

function isBranch(parent: Node, child: Node): boolean {
  if (parent.type === "SwitchStatement") return parent["discriminant"] !== child;
  if (parent.type !== "IfStatement" && parent.type !== "ConditionalExpression") return false;
  return parent["consequent"] === child || parent["alternate"] === child;
}

function endsHere(branch: Node): boolean {
  const body = branch["body"] ?? branch["consequent"];
  const last = Array.isArray(body) ? (body.at(-1) as Node | undefined) : branch;
  return ["ReturnStatement", "ThrowStatement", "ContinueStatement", "BreakStatement"].includes(
    last?.type ?? "",
  );
}
