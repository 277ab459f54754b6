export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

export const medianOf = (values: readonly number[]): number => quantile(values, 0.5);

/** One line a number, for machines; or a text, for people. */
export function say(json: boolean, text: string, line: Record<string, unknown>): void {
  console.log(json ? JSON.stringify(line) : text);
}
