import type { RefusalReason, Repair } from "./model-plan.ts";

/** A row of an answer as it stands there: names are not checked yet. */
export interface AnswerRow {
  readonly id: string;
  readonly needs: readonly string[];
  readonly priority: number | null;
  readonly durationSeconds: number | null;
}

export type Reading =
  | { ok: true; rows: AnswerRow[]; note: string | null; repairs: Repair[] }
  | { ok: false; reasons: RefusalReason[] };

const MAX_ANSWER = 2_000_000;
const MAX_NOTE = 2_000;

/** Reads a model's answer to the question for a plan, mending its form where what is meant is beyond doubt. */
export function readAnswer(text: string): Reading {
  const repairs: Repair[] = [];
  const mend = (kind: Repair["kind"], item: string | null, message: string) => {
    if (!repairs.some((one) => one.kind === kind && one.item === item)) {
      repairs.push({ kind, item, message });
    }
  };
  if (text.length > MAX_ANSWER) return refused("wrong_form", "The answer is far too long.");
  const value = parse(text, mend);
  if (value === undefined) return refused("not_json", "The answer is not a JSON document.");
  const document = unwrap(value, mend);
  if (document === undefined) {
    return refused("wrong_form", 'The answer has no list "items".');
  }
  const rows: AnswerRow[] = [];
  for (const [i, raw] of document.items.entries()) {
    const row = readRow(raw, (item, message) => mend("loose_form", item, message));
    if (row === undefined) return refused("wrong_form", `Row ${i + 1} of the answer has no id.`);
    rows.push(row);
  }
  if (rows.length === 0) return refused("wrong_form", "The answer plans nothing.");
  const { note } = document;
  return {
    ok: true,
    rows,
    note: typeof note === "string" && note !== "" ? storable(note).slice(0, MAX_NOTE) : null,
    repairs,
  };
}

function refused(code: RefusalReason["code"], message: string): Reading {
  return { ok: false, reasons: [{ code, item: null, message }] };
}

type Mend = (kind: Repair["kind"], item: string | null, message: string) => void;

function parse(text: string, mend: Mend): unknown {
  const whole = tryJson(text);
  if (whole !== undefined) return whole;
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  if (from < 0 || to < from) return undefined;
  const inner = text.slice(from, to + 1);
  const around = inner !== text.trim();
  const plain = tryJson(inner);
  const value = plain ?? tryJson(inner.replaceAll(COMMA_TOO_MANY, keepStrings));
  if (value === undefined) return undefined;
  if (around) mend("text_around", null, "There was text around the JSON document.");
  if (plain === undefined) {
    mend("trailing_comma", null, "The JSON document had commas in front of closing brackets.");
  }
  return value;
}

/** Strings are matched too, so that commas in them stay. */
const COMMA_TOO_MANY = /"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g;
const keepStrings = (found: string) => (found === "," ? "" : found);

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unwrap(value: unknown, mend: Mend): { items: unknown[]; note: unknown } | undefined {
  if (Array.isArray(value)) {
    mend("wrapped", null, "The list of items came without its document.");
    return { items: value, note: null };
  }
  if (!isObject(value)) return undefined;
  if (Array.isArray(value["items"])) return { items: value["items"], note: value["note"] };
  const [inner, ...others] = Object.values(value).filter(
    (one): one is Fields => isObject(one) && Array.isArray(one["items"]),
  );
  if (inner === undefined || others.length > 0) return undefined;
  mend("wrapped", null, "The document stood in another one.");
  return { items: inner["items"] as unknown[], note: inner["note"] };
}

function readRow(
  raw: unknown,
  loose: (item: string, message: string) => void,
): AnswerRow | undefined {
  if (!isObject(raw)) return undefined;
  const { id } = raw;
  if ((typeof id !== "string" || id === "") && typeof id !== "number") return undefined;
  const name = storable(String(id)).slice(0, 200);
  if (typeof id === "number") loose(name, "Its id was a number.");
  return {
    id: name,
    needs: readNeeds(raw["needs"], () => loose(name, "Its needs were no list of names.")),
    priority: readNumber(raw["priority"], 1, 5, () => loose(name, "Its priority was text.")),
    durationSeconds: readNumber(raw["durationSeconds"], 1, 2_592_000, () =>
      loose(name, "Its duration was text."),
    ),
  };
}

function readNeeds(value: unknown, loose: () => void): string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  const names = list.filter((one) => typeof one === "string" || typeof one === "number");
  if (!Array.isArray(value) || names.some((one) => typeof one === "number")) loose();
  return names.map((one) => storable(String(one)).slice(0, 200)).filter((one) => one !== "");
}

/** Out of its range a number says nothing: the backlog's own holds. */
function readNumber(value: unknown, least: number, most: number, loose: () => void): number | null {
  const text = typeof value === "string" && value.trim() !== "";
  const number = text ? Number(value) : value;
  if (typeof number !== "number" || !(number >= least && number <= most)) return null;
  if (text) loose();
  return number;
}

/** Text that Postgres can keep. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}
