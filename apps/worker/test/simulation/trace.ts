import { createHash } from "node:crypto";

const KEPT = 120;

/** Everything that happened, in order: its digest says whether two simulations were the same. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #last: string[] = [];

  note(at: number, what: string): void {
    const line = `${at.toFixed(3)} ${what}`;
    this.#hash.update(line).update("\n");
    this.#last.push(line);
    if (this.#last.length > 2 * KEPT) this.#last.splice(0, KEPT);
  }

  /** The last lines, for whoever looks for what went wrong. */
  tail(): string {
    return this.#last.slice(-KEPT).join("\n");
  }

  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}
