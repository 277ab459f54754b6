/** One row of a file on its way to being an item: what it says, and what it says of others. */
export interface DraftRow {
  /** Where it stands in the file, as people count there: the row of a table, a line, the number of an issue. */
  readonly place: number;
  /** As in a backlog document; all but `id` and `title` may be missing. */
  readonly raw: Record<string, unknown>;
  readonly links: DraftLinks;
  /** Other names that rows may know it by. */
  readonly aliases: readonly string[];
  readonly problems: readonly DraftProblem[];
}

export interface DraftLinks {
  /** Must exist. */
  readonly needs: readonly string[];
  /** May be outside what was exported; then they are left out with a warning. */
  readonly blockedBy: readonly string[];
  readonly blocks: readonly string[];
  readonly parents: readonly string[];
}

export interface DraftProblem {
  readonly field: string;
  readonly message: string;
}

/** A file that was read: its rows, and what it has that is not taken over. */
export interface Draft {
  readonly rows: readonly DraftRow[];
  /** Names of rows that are done already: they are not imported and nothing waits for them. */
  readonly done: readonly string[];
  readonly skipped: number;
  readonly warnings: Warnings;
  readonly pack?: string | undefined;
  readonly title?: string | undefined;
}

export interface Warning {
  readonly message: string;
  /** How many rows it is about, and where the first of them are. */
  readonly count: number;
  readonly places: readonly number[];
}

const MAX_WARNINGS = 100;
const MAX_PLACES = 10;

/** Collects warnings; the same one of many rows is one. */
export class Warnings {
  readonly #found = new Map<string, { count: number; places: number[] }>();
  #more = 0;

  add(message: string, place?: number): void {
    let warning = this.#found.get(message);
    if (warning === undefined) {
      if (this.#found.size >= MAX_WARNINGS) {
        this.#more++;
        return;
      }
      warning = { count: 0, places: [] };
      this.#found.set(message, warning);
    }
    warning.count++;
    if (place !== undefined && warning.places.length < MAX_PLACES) warning.places.push(place);
  }

  list(): Warning[] {
    const list = [...this.#found].map(([message, found]) => ({ message, ...found }));
    if (this.#more > 0) list.push({ message: "and more warnings", count: this.#more, places: [] });
    return list;
  }
}
