const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** `90_500` → `1 min 30 s`; below ten seconds with a decimal, below one second in milliseconds. */
export function formatDuration(ms: number): string {
  if (ms < 0) return "0 s";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const rounded = Math.round(ms / 1_000) * 1_000;
  const first = UNITS.findIndex(([, size]) => rounded >= size);
  let rest = rounded;
  return UNITS.slice(first, first + 2)
    .flatMap(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? [] : [`${count} ${unit}`];
    })
    .join(" ");
}

/** How far a moment is from `now`, in words. */
export function formatRelative(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 5_000) return "now";
  const first = UNITS.findIndex(([, length]) => distance >= length);
  const [unit, size] = UNITS[first] ?? ["s", 1_000];
  const count = Math.floor(distance / size);
  const [smaller, length] = UNITS[first + 1] ?? ["s", 1_000];
  const rest = Math.floor((distance - count * size) / length);
  // "2 d" may be nearly three: hours and days bring the next unit along while they are few.
  const both = (unit === "d" || unit === "h") && count < 10 && rest > 0;
  const words = both ? `${count} ${unit} ${rest} ${smaller}` : `${count} ${unit}`;
  return at <= now ? `${words} ago` : `in ${words}`;
}

/** A moment in one zone with the zone printed; the server, which does not know the reader's, says UTC. */
export function formatMoment(at: number, zone: string | undefined): string {
  return new Intl.DateTimeFormat("en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(at);
}

export function formatBytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  const power = Math.min(3, Math.floor(Math.log10(size) / 3));
  const value = size / 1_000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${["B", "kB", "MB", "GB"][power] ?? "GB"}`;
}
