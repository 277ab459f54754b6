import type { ChangeWindow, ChangeWindows } from "../facts.ts";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Whether the clock on the wall of that zone is within one of the windows. One that ends before it begins goes on into the next day. */
export function isWithinWindows({ timeZone, windows }: ChangeWindows, now: string): boolean {
  const { day, minute } = wallOf(timeZone, now);
  return windows.some((window) => isWithin(window, day, minute));
}

function isWithin({ days, from, to }: ChangeWindow, day: number, minute: number): boolean {
  const begin = minuteOf(from);
  const end = minuteOf(to);
  if (begin < end) return days.includes(day) && minute >= begin && minute < end;
  const yesterday = day === 1 ? 7 : day - 1;
  return (days.includes(day) && minute >= begin) || (days.includes(yesterday) && minute < end);
}

function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}

function wallOf(timeZone: string, now: string): { day: number; minute: number } {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const parts = new Map(format.formatToParts(new Date(now)).map((part) => [part.type, part.value]));
  const minute = Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  return { day: DAYS.indexOf(parts.get("weekday") ?? "") + 1, minute };
}
