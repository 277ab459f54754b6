/** A binary heap of numbers, least first. */
export class Heap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  least(): number {
    return this.#items[0] as number;
  }

  push(item: number): void {
    const items = this.#items;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = items[parent] as number;
      if (other <= item) break;
      items[place] = other;
      place = parent;
    }
    items[place] = item;
  }

  pop(): number {
    const items = this.#items;
    const least = items[0] as number;
    const item = items.pop() as number;
    const size = items.length;
    if (size === 0) return least;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && (items[child + 1] as number) < (items[child] as number)) child++;
      const other = items[child] as number;
      if (other >= item) break;
      items[place] = other;
      place = child;
    }
    items[place] = item;
    return least;
  }
}
