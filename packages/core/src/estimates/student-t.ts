/** The 0.1 quantile of the normal distribution. */
const NORMAL_10 = -1.281_551_565_544_600_4;
const TAILS = 0.2;

/**
 * The 0.9 quantile of Student's t with `freedom` degrees of freedom (2 or more, need not be whole), to about five digits.
 * G. W. Hill, Algorithm 396: Student's t-quantiles, Communications of the ACM 13 (10), 1970.
 */
export function studentT90(freedom: number): number {
  const n = freedom;
  if (n === 2) return Math.sqrt(2 / (TAILS * (2 - TAILS)) - 2);
  const a = 1 / (n - 0.5);
  const b = 48 / (a * a);
  const c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  const start = (d * TAILS) ** (2 / n);
  if (start <= 0.05 + a) return Math.sqrt(n * fromTail(start, n, d));
  return Math.sqrt(n * fromMiddle(n, { a, b, c, d }));
}

function fromTail(y: number, n: number, d: number): number {
  const inner = ((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3;
  return (((1 / inner + 0.5 / (n + 4)) * y - 1) * (n + 1)) / (n + 2) + 1 / y;
}

function fromMiddle(n: number, terms: { a: number; b: number; c: number; d: number }): number {
  const { a, b, d } = terms;
  const x = NORMAL_10;
  const small = n < 5 ? 0.3 * (n - 4.5) * (x + 0.6) : 0;
  const c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + terms.c + small;
  const square = x * x;
  const y = (((((0.4 * square + 6.3) * square + 36) * square + 94.5) / c - square - 3) / b + 1) * x;
  return Math.expm1(a * y * y);
}
