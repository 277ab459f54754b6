import { pointer, sayIssue, type Issue } from "../errors/index.ts";
import {
  BacklogItemInput,
  ItemType,
  STEP_WITH,
  ShellWith,
  StepKind,
  UndoKind,
  isStepName,
  type ArtifactInput,
  type Undo,
} from "../vocabulary/index.ts";
import { normalNeeds } from "./normal-needs.ts";

/** An item that stands on its own: its row parsed, its arguments checked and completed with defaults. */
export type ValidItem = Omit<BacklogItemInput, "undo" | "needs"> & {
  readonly row: number;
  readonly needs: string[];
  /** Seconds from the end of what it needs to its own start, where that is not at once. */
  readonly lags: Readonly<Record<string, number>>;
  undo?: Undo | undefined;
};

export interface ParsedRow {
  /** The row's id, when it has a usable one: others may need it even if the rest of the row is wrong. */
  readonly key: string | undefined;
  /** What names this row in an issue: its id, or `#` and its number counted from 1. */
  readonly label: string;
  readonly needs: readonly string[];
  readonly inputs: readonly RowInput[];
  readonly item: ValidItem | undefined;
  readonly issues: readonly Issue[];
}

/** An artifact that a row wants from another, and where in the row it says so. */
export interface RowInput extends ArtifactInput {
  readonly at: readonly PropertyKey[];
}

/** Parses one row of a backlog document, with all that is wrong with it. */
export function parseRow(raw: unknown, row: number): ParsedRow {
  const key = keyOf(raw);
  const label = key ?? `#${row + 1}`;
  const issues: Issue[] = [];
  const report = (path: readonly PropertyKey[], message: string) => {
    const at = pointer(["items", row, ...path]);
    issues.push({ path: shown(at), message: shown(message), item: label });
  };

  const parsed = BacklogItemInput.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues.slice(0, MAX_ISSUES_A_ROW)) {
      report(issue.path, wordingOf(issue.path, sayIssue(issue), raw));
    }
    return { key, label, needs: rawNeeds(raw), inputs: [], item: undefined, issues };
  }
  const { undo: given, ...rest } = parsed.data;
  const undo = given === undefined ? undefined : completeUndo(given, report);
  const item: ValidItem = { ...rest, ...normalNeeds(rest.needs), undo, row };
  const inputs = completeArguments(item, report);
  return { key, label, needs: item.needs, inputs, item, issues };
}

/** A row that is not looked at closely, for others to need: there are enough issues already. */
export function skimRow(raw: unknown, row: number): ParsedRow {
  const key = keyOf(raw);
  const label = key ?? `#${row + 1}`;
  return { key, label, needs: rawNeeds(raw), inputs: [], item: undefined, issues: [] };
}

/** Text that came with the input, as an issue may repeat it: cut, and valid Unicode. */
export function shown(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  // oxlint-disable-next-line no-control-regex
  return cut.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, "\ufffd");
}

const MAX_SHOWN = 300;

export type Report = (path: readonly PropertyKey[], message: string) => void;

/** Either form of an undo as the one that is stored, with its defaults; nothing when it is wrong, which is reported. */
export function completeUndo(given: Record<string, unknown>, report: Report): Undo | undefined {
  const named = "kind" in given;
  const kind = UndoKind.safeParse(named ? given["kind"] : "shell");
  if (!kind.success) {
    report(["undo", "kind"], unknownOption("kind", given["kind"], UndoKind.options));
    return undefined;
  }
  const extra = named ? Object.keys(given).filter((key) => key !== "kind" && key !== "with") : [];
  for (const key of extra) report(["undo", key], 'an undo has "kind" and "with", and no more');
  const at = named ? ["undo", "with"] : ["undo"];
  const args = STEP_WITH[kind.data].safeParse(named ? (given["with"] ?? {}) : given);
  for (const issue of args.error?.issues ?? []) report([...at, ...issue.path], sayIssue(issue));
  return args.success ? { kind: kind.data, with: args.data } : undefined;
}

/** Fills in the defaults of `with`, reports what is wrong in it, returns the artifacts it wants. */
export function completeArguments(item: ValidItem, report: Report): RowInput[] {
  const inputs: RowInput[] = [];
  if (item.kind !== undefined) {
    const args = STEP_WITH[item.kind].safeParse(item.with ?? {});
    if (!args.success) {
      for (const issue of args.error.issues) report(["with", ...issue.path], sayIssue(issue));
    } else {
      item.with = args.data;
      if ("inputs" in args.data) inputs.push(...inputsAt(["with"], args.data.inputs));
    }
    return inputs;
  }
  for (const [suffix, override] of Object.entries(item.with ?? {})) {
    inputs.push(...checkOverride(suffix, override, report));
  }
  return inputs;
}

/** `with` of an item without kind holds arguments per step of its rule; shell steps can be checked here already. */
function checkOverride(suffix: string, override: unknown, report: Report): RowInput[] {
  if (!isObject(override)) {
    report(
      ["with", suffix],
      `without kind, "with" holds arguments per step, like {"fix": {...}}; give kind: ${StepKind.options.join(" | ")} to say what this item does`,
    );
    return [];
  }
  if (!isShellOverride(override)) return [];
  const shell = ShellWith.safeParse(override);
  if (shell.success) return inputsAt(["with", suffix], shell.data.inputs);
  for (const issue of shell.error.issues) report(["with", suffix, ...issue.path], sayIssue(issue));
  return [];
}

function inputsAt(path: readonly PropertyKey[], inputs: readonly ArtifactInput[]): RowInput[] {
  return inputs.map((input, i) => ({ ...input, at: [...path, "inputs", i, "from"] }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An override with a command or a script makes its step a shell step. */
export function isShellOverride(override: Record<string, unknown>): boolean {
  return "command" in override || "script" in override;
}

const MAX_ISSUES_A_ROW = 100;

function wordingOf(path: readonly PropertyKey[], message: string, raw: unknown): string {
  if (path.length !== 1) return message;
  if (path[0] === "kind") return unknownOption("kind", fieldOf(raw, "kind"), StepKind.options);
  if (path[0] === "type" && fieldOf(raw, "kind") === undefined) {
    return unknownOption("type", fieldOf(raw, "type"), ItemType.options);
  }
  if (path[0] === "id" && fieldOf(raw, "id") === undefined) return "an item needs an id";
  return message;
}

function unknownOption(field: string, value: unknown, options: readonly string[]): string {
  return `unknown ${field} ${quote(value)}; use one of ${options.join(", ")}`;
}

/** A value as it may stand in a sentence: JSON, cut. */
function quote(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "(a list)" : "(an object)";
  }
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  return text.slice(0, 80);
}

function fieldOf(raw: unknown, field: string): unknown {
  return typeof raw === "object" && raw !== null && Object.hasOwn(raw, field)
    ? (raw as Record<string, unknown>)[field]
    : undefined;
}

function keyOf(raw: unknown): string | undefined {
  const id = fieldOf(raw, "id");
  return isStepName(id) ? id : undefined;
}

function rawNeeds(raw: unknown): string[] {
  const needs = fieldOf(raw, "needs");
  if (!Array.isArray(needs)) return [];
  const names = needs.map((need: unknown) => fieldOf(need, "item") ?? need);
  return [...new Set(names.filter(isStepName))];
}
