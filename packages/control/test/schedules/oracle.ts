/**
 * The instants of a cron expression, found in the plainest way: every second or minute of a stretch of time is looked at, the
 * wall clock of the zone read, and each field compared. It shares nothing with the product, which computes the next instant.
 * Numbers, lists, ranges, steps and `*` only.
 */
export function enumerate(cron: string, timeZone: string, from: number, to: number): number[] {
  const texts = cron.split(" ");
  const fields = (texts.length === 5 ? ["0", ...texts] : texts).map(parseField);
  const stepMs = texts.length === 5 ? 60_000 : 1_000;
  const wild = fields.slice(0, 3).some(({ text }) => /[*/]/.test(text));
  const shifts = shiftsOf(timeZone, from, to);
  const found = new Set<number>();
  let place = 0;
  let offset = offsetAt(timeZone, from);
  for (let at = Math.ceil(from / stepMs) * stepMs; at < to; at += stepMs) {
    for (let shift = shifts[place]; shift !== undefined && shift.at <= at; shift = shifts[place]) {
      offset = shift.after;
      place += 1;
    }
    if (!matches(fields, at + offset)) continue;
    // a time of day that has been already, on the same night
    const back = shifts[place - 1];
    if (!wild && back !== undefined && at < back.at + back.before - back.after) continue;
    found.add(at);
  }
  if (!wild) {
    for (const { at, before, after } of shifts) {
      for (let wall = at + before; wall < at + after; wall += stepMs) {
        if (matches(fields, wall)) found.add(at);
      }
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

/** When a zone's clocks are moved, and its distance from UTC before and after, in milliseconds. */
export function shiftsOf(timeZone: string, from: number, to: number) {
  const shifts: { at: number; before: number; after: number }[] = [];
  const day = 86_400_000;
  for (let at = from; at < to; at += day) {
    const [before, after] = [offsetAt(timeZone, at), offsetAt(timeZone, at + day)];
    if (before === after) continue;
    let [low, high] = [at, at + day];
    while (high - low > 1_000) {
      const middle = Math.floor((low + high) / 2_000) * 1_000;
      if (offsetAt(timeZone, middle) === before) low = middle;
      else high = middle;
    }
    if (high < to) shifts.push({ at: high, before, after });
  }
  return shifts;
}

interface Field {
  readonly text: string;
  readonly values: ReadonlySet<number> | undefined;
}

function parseField(text: string): Field {
  if (text === "*") return { text, values: undefined };
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [low, high] = range === "*" ? [0, 59] : range.split("-").map(Number);
    for (let value = low ?? 0; value <= (high ?? low ?? 0); value += Number(step))
      values.add(value);
  }
  return { text, values };
}

function matches(fields: readonly Field[], wall: number): boolean {
  const date = new Date(wall);
  const parts = [date.getUTCSeconds(), date.getUTCMinutes(), date.getUTCHours()];
  for (const [i, value] of parts.entries()) {
    if (fields[i]?.values?.has(value) === false) return false;
  }
  const [days, months, weekdays] = fields.slice(3);
  if (months?.values?.has(date.getUTCMonth() + 1) === false) return false;
  const byDay = days?.values?.has(date.getUTCDate());
  const byWeekday = weekdays?.values?.has(date.getUTCDay());
  // of two that are given either is enough
  return byDay === undefined || byWeekday === undefined
    ? (byDay ?? byWeekday ?? true)
    : byDay || byWeekday;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetAt(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    formats.set(timeZone, format);
  }
  return Date.parse(`${format.format(at).replace(" ", "T")}Z`) - Math.floor(at / 1_000) * 1_000;
}
