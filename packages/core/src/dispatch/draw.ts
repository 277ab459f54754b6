import type { Random } from "../seams/index.ts";

/** From the standard normal distribution (Box and Muller). */
export function drawNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** From the gamma distribution of this shape and scale 1 (Marsaglia and Tsang, 2000). */
function drawGamma(random: Random, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** From the beta distribution. */
export function drawBeta(random: Random, good: number, bad: number): number {
  const x = drawGamma(random, good);
  return x / (x + drawGamma(random, bad));
}

/** One of these at equal odds. */
export function drawOne<T>(random: Random, all: readonly [T, ...T[]]): T {
  return all[Math.min(all.length - 1, Math.floor(random() * all.length))] ?? all[0];
}
