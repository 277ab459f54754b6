/** US dollars in short; what is small keeps two digits. */
export function sayUsd(usd: number | null): string {
  if (usd === null) return "–";
  if (usd === 0) return "$0";
  const size = Math.abs(usd);
  return `${usd < 0 ? "-" : ""}$${size < 0.01 ? size.toPrecision(2) : size.toFixed(2)}`;
}
