type Schema = Readonly<Record<string, unknown>>;

const DEEPEST = 8;

/** A value that a JSON Schema allows, as far as its common words go: made up, the same for the same numbers. */
export function exampleOf(schema: unknown, random: () => number, depth = 0): unknown {
  const of = record(schema);
  if ("const" in of) return of.const;
  if (Array.isArray(of.enum)) return of.enum[Math.floor(random() * of.enum.length)];
  const branches = [of.anyOf, of.oneOf].find(Array.isArray);
  if (branches !== undefined) return exampleOf(branches[0], random, depth);
  if (Array.isArray(of.allOf)) return exampleOf(Object.assign({}, ...of.allOf), random, depth);
  switch (Array.isArray(of.type) ? of.type[0] : (of.type ?? typeBy(of))) {
    case "object":
      return objectOf(of, random, depth);
    case "array": {
      const least = typeof of.minItems === "number" ? of.minItems : 1;
      const length = depth >= DEEPEST ? 0 : least;
      return Array.from({ length }, () => exampleOf(of.items, random, depth + 1));
    }
    case "integer":
    case "number":
      return numberOf(of, random);
    case "boolean":
      return random() < 0.5;
    case "null":
      return null;
    default:
      return textOf(of);
  }
}

function objectOf(of: Schema, random: () => number, depth: number): object {
  if (depth >= DEEPEST) return {};
  return Object.fromEntries(
    Object.entries(record(of.properties)).map(([name, schema]) => [
      name,
      exampleOf(schema, random, depth + 1),
    ]),
  );
}

function numberOf(of: Schema, random: () => number): number {
  const least = typeof of.minimum === "number" ? of.minimum : 0;
  const most = typeof of.maximum === "number" ? of.maximum : least + 100;
  return Math.ceil(least) + Math.floor(random() * Math.max(1, most - least));
}

const FORMATS: Record<string, string> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  email: "simulated@example.org",
  uri: "https://example.org/simulated",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function textOf(of: Schema): string {
  const text = FORMATS[String(of.format)] ?? "simulated";
  const least = typeof of.minLength === "number" ? of.minLength : 0;
  const most = typeof of.maxLength === "number" ? of.maxLength : Infinity;
  return text.padEnd(least, "x").slice(0, most);
}

function typeBy(of: Schema): string {
  if ("properties" in of) return "object";
  return "items" in of ? "array" : "string";
}

const record = (value: unknown): Schema =>
  typeof value === "object" && value !== null ? (value as Schema) : {};
