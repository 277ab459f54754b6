const MAX_SECONDS = 3_600;

/** How long a server asks to be left alone, from its headers; undefined when it does not say, an hour at most. */
export function retryAfterSeconds(
  header: (name: string) => string | null | undefined,
  now: number,
): number | undefined {
  const ms = Number(header("retry-after-ms") || Number.NaN);
  const text = header("retry-after") ?? "";
  const seconds = Number.isFinite(ms)
    ? ms / 1_000
    : /^\d+(\.\d+)?$/.test(text)
      ? Number(text)
      : (Date.parse(text) - now) / 1_000;
  return Number.isFinite(seconds) && seconds >= 0
    ? Math.min(Math.ceil(seconds), MAX_SECONDS)
    : undefined;
}
