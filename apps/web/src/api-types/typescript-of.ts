/** As much of JSON Schema as zod writes. */
export interface JsonSchema {
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: boolean | JsonSchema;
  prefixItems?: readonly JsonSchema[];
  description?: string;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** What a `$ref` is called. */
export type NameOf = (ref: string) => string;

const PRIMITIVES: Record<string, string> = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};

/** The type of values that fit the schema. What JSON Schema says beyond that, lengths for example, is left to the server. */
export function typescriptOf(schema: JsonSchema, nameOf: NameOf): string {
  const of = (inner: JsonSchema) => typescriptOf(inner, nameOf);
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return union(alternatives.map(of));
  if (schema.allOf !== undefined) return schema.allOf.map((part) => `(${of(part)})`).join(" & ");
  const { type } = schema;
  if (Array.isArray(type)) return union(type.map((one: string) => of({ ...schema, type: one })));
  if (type === "array") return arrayOf(schema, of);
  if (type === "object") return objectOf(schema, of);
  return PRIMITIVES[String(type)] ?? "unknown";
}

function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  if (different.includes("unknown")) return "unknown";
  return different.length === 0 ? "never" : different.join(" | ");
}

function arrayOf(schema: JsonSchema, of: (inner: JsonSchema) => string): string {
  const { items, prefixItems } = schema;
  const rest = typeof items === "object" ? of(items) : "unknown";
  if (prefixItems === undefined) return `Array<${rest}>`;
  const tail = typeof items === "object" ? [`...Array<${rest}>`] : [];
  return `[${[...prefixItems.map(of), ...tail].join(", ")}]`;
}

function objectOf(schema: JsonSchema, of: (inner: JsonSchema) => string): string {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const known = Object.entries(properties).map(([name, inner]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    const optional = required.includes(name) ? "" : "?";
    return `${docOf(inner)}${key}${optional}: ${of(inner)};`;
  });
  const open = typeof additionalProperties === "object" ? of(additionalProperties) : undefined;
  if (known.length > 0) return `{ ${known.join(" ")} }`;
  if (open === undefined) return additionalProperties === true ? "Record<string, unknown>" : "{}";
  const key = propertyNames === undefined ? "string" : of(propertyNames);
  return key === "string" || required.length > 0
    ? `Record<${key}, ${open}>`
    : `Partial<Record<${key}, ${open}>>`;
}

function docOf({ description }: JsonSchema): string {
  return description === undefined ? "" : `/** ${description.replaceAll("*/", "* /")} */ `;
}
