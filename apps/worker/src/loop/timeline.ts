/** Something in a timeline, for taking it out again. */
export interface Due<T> {
  readonly at: number;
  readonly item: T;
  before: Due<T> | undefined;
  after: Due<T> | undefined;
  isIn: boolean;
}

/**
 * What falls due when, the earliest first. Nearly everything falls due after all that is in it already, so putting in looks at the
 * last one or two, and taking out at none.
 */
export class Timeline<T> {
  #first: Due<T> | undefined;
  #last: Due<T> | undefined;

  /** When the earliest is due. */
  get next(): number {
    return this.#first === undefined ? Infinity : this.#first.at;
  }

  put(at: number, item: T): Due<T> {
    let before = this.#last;
    while (before !== undefined && before.at > at) before = before.before;
    const after = before === undefined ? this.#first : before.after;
    const due: Due<T> = { at, item, before, after, isIn: true };
    if (before === undefined) this.#first = due;
    else before.after = due;
    if (after === undefined) this.#last = due;
    else after.before = due;
    return due;
  }

  /** Does nothing to what is out already. */
  take(due: Due<T> | undefined): void {
    if (due === undefined || !due.isIn) return;
    due.isIn = false;
    const { before, after } = due;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    due.before = due.after = undefined;
  }

  /** Takes out the earliest that is due by `now`. */
  shift(now: number): T | undefined {
    const first = this.#first;
    if (first === undefined || first.at > now) return undefined;
    this.take(first);
    return first.item;
  }
}
