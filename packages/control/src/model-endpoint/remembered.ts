import type { Clock } from "@nofx/core/seams";

/** Answers that hold for some seconds from when they were asked for, of the newest so many keys. Failures and nothings are forgotten. */
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
      const until = clock.now() + options.forMs;
      const value = await find();
      if (value === undefined) return undefined;
      if (known.size >= options.most) {
        const oldest = known.keys().next();
        if (!oldest.done) known.delete(oldest.value);
      }
      known.set(key, { value, until });
      return value;
    },
    forget: (key) => void known.delete(key),
  };
}
