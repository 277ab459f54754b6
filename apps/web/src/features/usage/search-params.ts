import type { UsageInput } from "@nofx/core/api";

type Read = (name: string) => string | undefined;

export const BY: readonly { value: UsageInput["by"]; label: string }[] = [
  { value: "day", label: "Day" },
  { value: "model", label: "Model" },
  { value: "agent", label: "Agent" },
  { value: "run", label: "Run" },
  { value: "step", label: "Step" },
];

interface UsageFilter {
  by: UsageInput["by"];
  from?: string;
  to?: string;
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** The filter in the address of the page. Days that are none, or the wrong way round, are left out. */
export function readUsageFilter(read: Read): UsageFilter {
  const by = BY.find(({ value }) => value === read("by"))?.value ?? "day";
  const [from, to] = [dayOf(read("from")), dayOf(read("to"))];
  if (from !== undefined && to !== undefined && from > to) return { by };
  return { by, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function dayOf(text: string | undefined): string | undefined {
  if (text === undefined || !DAY.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text
    ? undefined
    : text;
}
