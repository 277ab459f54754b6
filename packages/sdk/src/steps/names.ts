import { NameReusedError } from "../errors/index.ts";

/** Holds that a name is used once within one execution. */
export class UsedNames {
  readonly #what: string;
  readonly #names = new Set<string>();

  constructor(what: string) {
    this.#what = what;
  }

  use(name: string): void {
    if (this.#names.has(name)) throw new NameReusedError(this.#what, name);
    this.#names.add(name);
  }
}
