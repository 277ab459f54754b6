import type { ScheduleTask } from "./problem.ts";

/**
 * Several resources in one 32-bit word, so that one subtraction compares them all: each has a field as wide as its
 * capacity, with a guard bit above it. Guards are set in what is free; where a demand is larger than what is free, the
 * subtraction borrows the guard of its field, and of no other. (L. Lamport, Multiple byte processing with full-word
 * instructions, 1975.)
 */
export interface PackedResources {
  /** Words that it takes to hold all resources. */
  readonly words: number;
  readonly guards: Int32Array;
  /** What is free where nothing runs, with the guards set. */
  readonly free: Int32Array;
  /** Of task i the words `i * words` and those after it. Tasks without duration take nothing. */
  readonly demand: Int32Array;
  /** Unpacked, for what has to know single resources: their count, and the demand of task i for each of them. */
  readonly count: number;
  readonly capacities: Int32Array;
  readonly units: Int32Array;
}

const WORD_BITS = 32;

/** Only of resources that some task requires. */
export function packResources(
  capacityOf: Readonly<Record<string, number>>,
  tasks: readonly ScheduleTask[],
): PackedResources {
  const demands = new Map<string, number>();
  for (const { duration, requires } of tasks) {
    for (const [name, units] of Object.entries(requires)) {
      if (duration > 0 && units > 0) demands.set(name, (demands.get(name) ?? 0) + units);
    }
  }
  const all = new Map(Object.entries(capacityOf));
  const names = [...demands.keys()];
  const numbers = new Map(names.map((name, r) => [name, r]));
  // more than all tasks take together is never missed, and needs fewer bits
  const capacities = Int32Array.from(names, (name) =>
    Math.min(all.get(name) ?? 0, demands.get(name) ?? 0),
  );
  const fields = layOut(capacities);
  const words = Math.max(1, ...fields.map(({ word }) => word + 1));
  const packed = {
    words,
    guards: new Int32Array(words),
    free: new Int32Array(words),
    demand: new Int32Array(tasks.length * words),
    count: names.length,
    capacities,
    units: new Int32Array(tasks.length * names.length),
  };
  fields.forEach(({ word, shift, bits }, r) => {
    packed.guards[word] = (packed.guards[word] as number) | (1 << (shift + bits));
    packed.free[word] = (packed.free[word] as number) | ((capacities[r] as number) << shift);
  });
  for (let w = 0; w < words; w++) {
    packed.free[w] = (packed.free[w] as number) | (packed.guards[w] as number);
  }
  tasks.forEach(({ duration, requires }, i) => {
    if (duration === 0) return;
    for (const [name, units] of Object.entries(requires)) {
      const r = numbers.get(name);
      if (r === undefined) continue;
      const { word, shift } = fields[r] as Field;
      packed.units[i * names.length + r] = units;
      const place = i * words + word;
      packed.demand[place] = (packed.demand[place] as number) | (units << shift);
    }
  });
  return packed;
}

interface Field {
  readonly word: number;
  readonly shift: number;
  readonly bits: number;
}

/** First fit: a resource joins the first word that has room for it. */
function layOut(capacities: Int32Array): Field[] {
  const used: number[] = [];
  return Array.from(capacities, (capacity) => {
    const bits = WORD_BITS - Math.clz32(capacity);
    let word = used.findIndex((taken) => taken + bits + 1 <= WORD_BITS);
    if (word === -1) word = used.push(0) - 1;
    const shift = used[word] as number;
    used[word] = shift + bits + 1;
    return { word, shift, bits };
  });
}
