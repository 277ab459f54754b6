import { toId, type IdKind } from "@nofx/core/vocabulary";

/** Ids as the agent API has them, for the ids of the model: the same every time, in the order in which they were asked for. */
export class Ids {
  readonly #outer = new Map<string, string>();
  readonly #inner = new Map<string, string>();
  readonly #uuids = new Map<string, string>();
  #count = 0;

  /** A new id of that kind. */
  make(kind: IdKind): string {
    return toId(kind, this.#newUuid());
  }

  /** The uuid of that name. */
  uuid(name: string): string {
    const known = this.#uuids.get(name) ?? this.#newUuid();
    this.#uuids.set(name, known);
    return known;
  }

  #newUuid(): string {
    this.#count += 1;
    return `0192f0a1-0000-7000-8000-${this.#count.toString(16).padStart(12, "0")}`;
  }

  of(kind: IdKind, inner: string): string {
    const key = `${kind} ${inner}`;
    const known = this.#outer.get(key);
    if (known !== undefined) return known;
    const made = this.make(kind);
    this.know(kind, inner, made);
    return made;
  }

  /** What came with a recorded run keeps its id. */
  know(kind: IdKind, inner: string, outer: string): void {
    this.#outer.set(`${kind} ${inner}`, outer);
    this.#inner.set(outer, inner);
  }

  /** The model's id behind one of these; itself where there is none. */
  inner(outer: string): string {
    return this.#inner.get(outer) ?? outer;
  }
}
