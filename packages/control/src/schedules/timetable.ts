import { NofxError } from "@nofx/core/errors";
import { nextOfInterval } from "@nofx/core/schedules";
import { Cron } from "croner";
import cronstrue from "cronstrue";

/** When something begins: cron in a zone, or so many seconds apart. */
export interface TimetableRule {
  readonly cron: string | null;
  readonly timeZone: string;
  readonly everySeconds: number | null;
  /** From when `everySeconds` counts, in milliseconds. */
  readonly anchorAt: number;
}

export interface Timetable {
  /** The first instant after this one, in milliseconds; undefined when there is none. */
  after(instant: number): number | undefined;
}

const FIELDS = /^(\S+\s+){4,5}\S+$/;
const NICKNAME = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;
const KEPT = 1_000;
const known = new Map<string, Timetable>();

/**
 * The instants of a rule. Throws `cron_invalid` or `time_zone_unknown`.
 *
 * Where clocks go forward, a time of day that is left out takes place at the first instant after the gap; where they go
 * back, a time of day that comes twice takes place the first time. That goes for cron whose seconds, minutes and hours
 * have neither `*` nor a step. Any other counts along: what falls into the gap is left out, both of the repeated hours count.
 */
export function timetableOf(rule: TimetableRule): Timetable {
  const { cron, everySeconds, anchorAt, timeZone } = rule;
  if (cron === null) {
    refuseUnknownZone(timeZone);
    const everyMs = (everySeconds ?? 0) * 1_000;
    return { after: (instant) => nextOfInterval(anchorAt, everyMs, instant) };
  }
  const key = `${timeZone} ${cron}`;
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const timetable = readCron(cron, timeZone);
  if (known.size >= KEPT) known.clear();
  known.set(key, timetable);
  return timetable;
}

/** The next instants of a rule, at most `count`. Throws `schedule_never_fires` where there is none. */
export function nextInstants(rule: TimetableRule, after: number, count: number): number[] {
  const timetable = timetableOf(rule);
  const instants: number[] = [];
  let instant: number | undefined = after;
  while (instants.length < count) {
    instant = timetable.after(instant);
    if (instant === undefined) break;
    instants.push(instant);
  }
  if (instants.length > 0) return instants;
  throw new NofxError("schedule_never_fires", {
    detail: "No day of the calendar fits it. February 30, for one, never comes.",
    issues: [{ path: "/cron", message: "never fires" }],
  });
}

/** The rule in words: "At 09:00 AM, Monday through Friday". */
export function wordsOf({ cron, everySeconds }: TimetableRule): string {
  if (cron === null) return everyWords(everySeconds ?? 0);
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true, verbose: false });
  } catch {
    return cron;
  }
}

/** An instant as the clock on the wall shows it there: `2027-03-28 03:00:00 +02:00`. */
export function wallTime(instant: number, timeZone: string): string {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second, timeZoneName = "" } = parts;
  const offset = timeZoneName === "GMT" ? "+00:00" : timeZoneName.slice(3);
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offset}`;
}

function readCron(text: string, timeZone: string): Timetable {
  refuseUnknownZone(timeZone);
  const cron = text.trim();
  if (!FIELDS.test(cron) && !NICKNAME.test(cron)) {
    throw badCron(
      "has 5 fields (minute hour day month weekday), 6 with seconds first, or is one of @hourly @daily @weekly @monthly @yearly",
    );
  }
  try {
    const job = new Cron(cron, {
      timezone: timeZone,
      paused: true,
      mode: "5-or-6-parts",
      fixedTimeRule: "no-wildcard",
    });
    return { after: (instant) => job.nextRun(new Date(instant))?.getTime() };
  } catch (error) {
    throw badCron(error instanceof Error ? error.message.replace(/^Cron\w+: /, "") : "is wrong");
  }
}

function badCron(message: string): NofxError {
  return new NofxError("cron_invalid", {
    detail: `This is not a cron expression: ${message}.`.replace("..", "."),
    issues: [{ path: "/cron", message }],
  });
}

/** Names only: an offset like +02:00 is no zone, it knows of no summer. */
function refuseUnknownZone(timeZone: string): void {
  try {
    if (/^[A-Za-z]/.test(timeZone)) {
      formatOf(timeZone);
      return;
    }
  } catch {
    // told of below
  }
  throw new NofxError("time_zone_unknown", {
    detail: `There is no time zone "${timeZone.slice(0, 60)}". Use an IANA name like Europe/Berlin, or UTC.`,
    issues: [{ path: "/timeZone", message: "is not an IANA time zone" }],
  });
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const kept = formats.get(timeZone);
  if (kept !== undefined) return kept;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  if (formats.size >= KEPT) formats.clear();
  formats.set(timeZone, format);
  return format;
}

function everyWords(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const;
  const [unit, size] = units.find(([, each]) => seconds % each === 0) ?? ["second", 1];
  const n = seconds / size;
  return n === 1 ? `Every ${unit}` : `Every ${n} ${unit}s`;
}
