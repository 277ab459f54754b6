import { pointer, type Issue } from "../errors/index.ts";
import type { ArtifactInput, RiskLabel, StepKind } from "../vocabulary/index.ts";
import { expandItem } from "./expand-item.ts";
import { IssueList, MAX_BACKLOG_ISSUES } from "./issue-list.ts";
import { completeArguments, completeUndo, shown, type ValidItem } from "./parse-row.ts";
import type { PlannedStep } from "./planned-step.ts";

export interface Task {
  readonly kind: StepKind;
  readonly with: Record<string, unknown>;
  readonly title?: string | undefined;
  readonly queue: string;
  readonly priority: number;
  readonly key?: string | undefined;
  readonly maxAttempts: number;
  readonly deadlineSeconds: number;
  readonly undo?: Record<string, unknown> | undefined;
  readonly sensitive: boolean;
  readonly risk: RiskLabel[];
}

export interface TaskRequest {
  readonly tenantId: string;
  readonly tasks: readonly Task[];
  /** Who answers for them. */
  readonly owner: string;
  /** Unlike that of any other request: tasks without a key are effects of their own, however alike they look. */
  readonly unique: string;
  /** SHA-256 of a text, in hex. */
  readonly sha256: (text: string) => string;
}

export type TaskPlanning =
  | { ok: true; steps: PlannedStep[] }
  | { ok: false; issues: readonly Issue[] };

/** Each task as the one step that a plan would have of it, in their order and named by their place. */
export function planTasks({ tenantId, tasks, owner, unique, sha256 }: TaskRequest): TaskPlanning {
  const issues = new IssueList(MAX_BACKLOG_ISSUES);
  const steps = tasks.flatMap((task, i): PlannedStep[] => {
    const item = toItem(task, i, owner, issues);
    const [step] = expandItem(item, []).steps;
    if (step === undefined) return [];
    const identity = task.key === undefined ? ["task", unique, i] : ["task", task.key];
    return [
      {
        ...step,
        title: task.title ?? titleOf(step),
        queue: task.queue,
        // the files that it wants are those of steps that it would have to need
        needs: inputsOf(step).map(({ from }) => from),
        position: i,
        token: sha256(JSON.stringify([tenantId, ...identity])),
      },
    ];
  });
  return issues.total > 0 ? { ok: false, issues: issues.closed() } : { ok: true, steps };
}

function toItem(task: Task, row: number, owner: string, issues: IssueList): ValidItem {
  const report = (path: readonly PropertyKey[], message: string) =>
    issues.add(() => ({ path: shown(pointer(["tasks", row, ...path])), message: shown(message) }));
  const { title, kind, with: args, priority, sensitive, risk, deadlineSeconds } = task;
  const item: ValidItem = {
    id: `task-${row}`,
    title: title ?? kind,
    kind,
    with: args,
    needs: [],
    lags: {},
    resources: [],
    priority,
    labels: [],
    risk,
    sensitive,
    owner,
    pivot: false,
    maxFailures: task.maxAttempts,
    deadlineSeconds,
    undo: task.undo === undefined ? undefined : completeUndo(task.undo, report),
    row,
  };
  completeArguments(item, report);
  return item;
}

function inputsOf({ with: args }: Pick<PlannedStep, "with">): readonly ArtifactInput[] {
  return Array.isArray(args["inputs"]) ? (args["inputs"] as ArtifactInput[]) : [];
}

const MAX_TITLE = 120;

/** What it does, in its own words: the command, the request, the capability. */
function titleOf({ kind, with: args }: Pick<PlannedStep, "kind" | "with">): string {
  const text = wordsOf(kind, args).trim().replaceAll(/\s+/g, " ");
  if (text === "") return kind;
  return text.length > MAX_TITLE ? `${text.slice(0, MAX_TITLE - 1).toWellFormed()}…` : text;
}

function wordsOf(kind: StepKind, args: Record<string, unknown>): string {
  switch (kind) {
    case "shell":
      return Array.isArray(args["command"])
        ? args["command"].slice(0, 20).join(" ")
        : String(args["script"]).slice(0, 4 * MAX_TITLE);
    case "http":
      return `${String(args["method"])} ${String(args["url"])}`;
    case "agent":
      return String(args["capability"]);
    case "approval":
      return String(args["question"]);
    case "session":
      return `${String(args["strategy"])}: ${String(args["capability"])}`;
    case "wait":
      return "";
  }
}
