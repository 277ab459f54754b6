import type { z } from "zod";

type ZodIssue = z.core.$ZodIssue;

/** How zod's own messages begin. What a schema says itself is left as it is. */
const OWN_WORDS = /^(?:Invalid|Too small|Too big|Unrecognized key)/;

/** What is wrong with a value, for people: it follows the name of the field. */
export function sayIssue(issue: ZodIssue): string {
  return OWN_WORDS.test(issue.message) ? wordsOf(issue) : issue.message;
}

function wordsOf(issue: ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      return tooSmall(issue);
    case "too_big":
      return tooBig(issue);
    case "unrecognized_keys":
      return unknownFields(issue.keys);
    case "invalid_type":
      return wrongType(issue);
    case "invalid_value":
      return oneOf(issue.values.map((value) => JSON.stringify(value) ?? String(value)));
    case "invalid_format":
      return FORMS[issue.format] ?? wrongForm(issue);
    case "invalid_union":
      return "has none of the forms that are possible here";
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_key":
      return "has a field with a name that is not possible";
    default:
      return "is not possible here";
  }
}

function tooSmall({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): string {
  if (isCounted(origin)) {
    return Number(minimum) <= 1
      ? "must not be empty"
      : `needs at least ${counted(origin, minimum)}`;
  }
  return `must be ${inclusive === false ? "more than" : "at least"} ${minimum}`;
}

function tooBig({ origin, maximum, inclusive }: z.core.$ZodIssueTooBig): string {
  if (isCounted(origin)) return `may have at most ${counted(origin, maximum)}`;
  return `must be ${inclusive === false ? "less than" : "at most"} ${maximum}`;
}

function isCounted(origin: string): boolean {
  return ["string", "array", "set", "map", "object", "file"].includes(origin);
}

function counted(origin: string, count: number | bigint): string {
  const [one, many] = origin === "string" ? ["character", "characters"] : ["entry", "entries"];
  return `${count.toLocaleString("en")} ${Number(count) === 1 ? one : many}`;
}

const MAX_NAMED = 5;

function unknownFields(keys: readonly string[]): string {
  // the characters of a text, or the places of a list
  if (keys.every((key) => /^\d+$/.test(key))) return "must be an object with named fields";
  const named = keys
    .slice(0, MAX_NAMED)
    .map((key) => (key.trim() === "" ? "one without a name" : JSON.stringify(key.slice(0, 60))));
  const more = keys.length > MAX_NAMED ? ` and ${keys.length - MAX_NAMED} more` : "";
  return `has ${keys.length === 1 ? "a field" : "fields"} that nothing here knows: ${named.join(", ")}${more}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object with named fields",
  record: "an object with named fields",
  null: "nothing",
  undefined: "nothing",
  date: "a time",
  NaN: "no number",
  nan: "no number",
};

function wrongType({ expected, message }: z.core.$ZodIssueInvalidType): string {
  const got = /received (\w+)$/.exec(message)?.[1] ?? "";
  if (got === "undefined") return "is missing";
  const wanted = `must be ${TYPES[expected] ?? expected}`;
  const given = TYPES[got];
  const plain =
    given === undefined || given === TYPES[expected] || (got === "number" && expected === "int");
  return plain ? wanted : `${wanted}, not ${given}`;
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(", ")}`;
}

const FORMS: Readonly<Record<string, string>> = {
  uuid: "must be an id in the form of a UUID, like 019a0000-0000-7000-8000-000000000000",
  guid: "must be an id in the form of a UUID, like 019a0000-0000-7000-8000-000000000000",
  email: "must be an e-mail address",
  url: "must be an address, like https://example.com",
  datetime: "must be a time, like 2027-01-31T06:00:00Z",
  date: "must be a day, like 2027-01-31",
  json_string: "must be JSON",
};

function wrongForm(issue: z.core.$ZodIssueInvalidStringFormat): string {
  return issue.pattern === undefined
    ? `must be written as a ${issue.format}`
    : `must be written like ${issue.pattern.slice(0, 200)}`;
}
