import type { Clock } from "@nofx/core/seams";

/** Answers that hold for some seconds, for the newest so many keys. What failed or was nothing is not remembered. */
export interface Remembered<T> {
  get(key: string, find: () => Promise<T | undefined>): Promise<T | undefined>;
  forget(key: string): void;
}

export function remember<T>(clock: Clock, options: { forMs: number; most: number }): Remembered<T> {
  const known = new Map<string, { value: T; until: number }>();
  return {
    async get(key, find) {
      const there = known.get(key);
      if (there !== undefined && there.until > clock.now()) return there.value;
      known.delete(key);
      const value = await find();
      if (value === undefined) return undefined;
      if (known.size >= options.most) {
        const oldest = known.keys().next();
        if (!oldest.done) known.delete(oldest.value);
      }
      known.set(key, { value, until: clock.now() + options.forMs });
      return value;
    },
    forget: (key) => void known.delete(key),
  };
}
