import type { RuleView } from "@nofx/core/api";

type Said = Pick<
  RuleView,
  "queue" | "type" | "agent" | "plane" | "tenant" | "maxRunning" | "maxQueued" | "rate" | "weight"
>;

/** What a rule binds. */
export function sayScope({ queue, type, agent, plane, tenant }: Said): string {
  const parts = [
    type === null ? "" : `type ${type}`,
    queue === null ? "" : `queue ${queue}`,
    agent === null ? "" : `agent ${agent}`,
  ].filter((part) => part !== "");
  const what = parts.join(", ");
  if (plane) {
    const whom = tenant === null ? "the whole plane" : `tenant ${tenant}, by the plane`;
    return what === "" ? whom : `${what} of ${whom}`;
  }
  return what === "" ? "this tenant" : what;
}

/** Its limits, each in a few words. */
export function sayLimits({ maxRunning, maxQueued, rate, weight }: Said): string[] {
  return [
    maxRunning === null ? "" : `${maxRunning.toLocaleString("en")} running`,
    rate === null
      ? ""
      : `${rate.count.toLocaleString("en")} in ${sayDuration(rate.perSeconds)}, ${rate.burst.toLocaleString("en")} at once`,
    maxQueued === null ? "" : `${maxQueued.toLocaleString("en")} queued`,
    weight === 1 ? "" : `weight ${weight}`,
  ].filter((part) => part !== "");
}

export function sayDuration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return seconds < 86_400 * 2
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}

/** A count as far as it is counted. */
export function sayCount(count: number): string {
  return count >= 10_000 ? "10,000+" : count.toLocaleString("en");
}
