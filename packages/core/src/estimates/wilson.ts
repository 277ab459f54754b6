/** Wilson's interval of a share that was seen in `n` tries; z = 1.645: it holds the truth nine times in ten. */
export function wilson(share: number, n: number, z = 1.645): [low: number, high: number] {
  if (n <= 0) return [0, 1];
  const wide = 1 + (z * z) / n;
  const middle = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, (middle - reach) / wide), Math.min(1, (middle + reach) / wide)];
}
