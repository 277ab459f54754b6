import type { Issue } from "../errors/index.ts";

export const MAX_BACKLOG_ISSUES = 1_000;

/** Collects issues up to a limit and counts the rest: a document of rubbish must not cost more than a good one. */
export class IssueList {
  readonly kept: Issue[] = [];
  total = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.kept.length >= this.#limit;
  }

  /** `make` is called only if the issue is kept. */
  add(make: () => Issue): void {
    this.total++;
    if (!this.full) this.kept.push(make());
  }

  addAll(issues: readonly Issue[]): void {
    for (const issue of issues) this.add(() => issue);
  }

  /** What was kept, with a last issue that says how many more there are. */
  closed(): Issue[] {
    const more = this.total - this.kept.length;
    if (more === 0) return this.kept;
    return [...this.kept, { path: "/items", message: `and ${more.toLocaleString("en")} more` }];
  }
}
