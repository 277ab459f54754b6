import { z } from "zod";
import { pointer, sayIssue, type Issue } from "../errors/index.ts";
import type { ItemType } from "../vocabulary/index.ts";
import { Warnings, type Draft, type DraftRow } from "./draft.ts";
import { hasHidden, labelOf, slug, visible } from "./names.ts";
import { cutTo } from "./read-table.ts";
import { referencesIn } from "./references.ts";
import { priorityOf, typeOf } from "./words.ts";

/** What `gh issue list --json number,title,body,labels,assignees,state,milestone,url` writes of one issue. */
const GitHubIssue = z.object({
  number: z.int().min(1),
  title: z.string(),
  body: z.string().nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  assignees: z.array(z.object({ login: z.string() })).nullish(),
  state: z.string().nullish(),
  milestone: z.object({ title: z.string() }).nullish(),
  url: z.string().nullish(),
});
type GitHubIssue = z.infer<typeof GitHubIssue>;

/** Whether a value is a list of issues, by its first. */
export function looksLikeIssues(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [first] = value as unknown[];
  return (
    typeof first === "object" &&
    first !== null &&
    Object.hasOwn(first, "number") &&
    Object.hasOwn(first, "title")
  );
}

export type IssuesRead = { ok: true; draft: Draft } | { ok: false; issues: Issue[] };

/** Issues exported from GitHub as items; closed ones are done. */
export function readIssues(value: unknown): IssuesRead {
  const parsed = z.array(GitHubIssue).safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, 100)
      .map((issue) => ({ path: pointer(issue.path), message: sayIssue(issue) }));
    return { ok: false, issues };
  }
  const warnings = new Warnings();
  const isClosed = (issue: GitHubIssue) =>
    ["closed", "merged"].includes((issue.state ?? "").toLowerCase());
  const done = parsed.data.filter(isClosed).map(({ number }) => `gh-${number}`);
  const open = parsed.data.filter((issue) => !isClosed(issue));
  const repository = repositoryOf(parsed.data[0]?.url);
  const rows = open.map((issue) => readIssue(issue, repository, warnings));
  const pack = repository === undefined ? undefined : slug(repository.split("/")[1] ?? "");
  return {
    ok: true,
    draft: { rows, done, skipped: done.length, warnings, pack: pack || undefined },
  };
}

function readIssue(
  issue: GitHubIssue,
  repository: string | undefined,
  warnings: Warnings,
): DraftRow {
  const { number: place } = issue;
  const body = visible(issue.body ?? "").trim();
  if (hasHidden(`${issue.title}${issue.body ?? ""}`)) {
    warnings.add("hidden characters were taken out", place);
  }
  const names = (issue.labels ?? []).map(({ name }) => name.slice(0, 200));
  const references = referencesIn(body, repository);
  for (const reference of references.elsewhere) {
    warnings.add(`needs ${reference.slice(0, 100)} of another repository: left out`, place);
  }
  const [owner, ...others] = (issue.assignees ?? []).map(({ login }) => login);
  if (others.length > 0) warnings.add("an item has one owner: the first assignee", place);
  const priority = names.map(priorityOfLabel).find((one) => one !== undefined);
  const description = [body, issue.url ?? ""].filter((part) => part !== "").join("\n\n");
  const milestone = issue.milestone?.title;
  const labels = [...names, ...(milestone === undefined ? [] : [`milestone:${milestone}`])];
  const raw = {
    id: `gh-${place}`,
    title: visible(issue.title).replaceAll(/\s+/g, " ").trim(),
    type: typeOfLabels(names),
    labels: [...new Set(labels.map(labelOf))].filter((label) => label !== ""),
    ...(description === "" ? {} : { description: cutTo(description, warnings, place) }),
    ...(owner === undefined ? {} : { owner }),
    ...(priority === undefined ? {} : { priority }),
  };
  const ids = (numbers: readonly number[]) =>
    numbers.filter((one) => one !== place).map((one) => `gh-${one}`);
  const links = {
    needs: [],
    blockedBy: ids(references.needs),
    blocks: ids(references.blocks),
    parents: [],
  };
  return { place, raw, links, aliases: [], problems: [] };
}

function typeOfLabels(names: readonly string[]): ItemType {
  return names.map(typeOf).find((one) => one !== undefined) ?? "chore";
}

/** `P1`, `priority: high`, `priority/critical`. */
function priorityOfLabel(name: string): number | undefined {
  const named = /^(?:priority|prio)\s*[:/ -]\s*(.+)$/i.exec(name)?.[1];
  if (named !== undefined) return priorityOf(named);
  return /^p[0-5]$/i.test(name) ? priorityOf(name) : undefined;
}

function repositoryOf(url: string | null | undefined): string | undefined {
  return /^https:\/\/[^/]+\/([^/]+\/[^/]+)\/(?:issues|pull)\/\d+/.exec(url ?? "")?.[1];
}
