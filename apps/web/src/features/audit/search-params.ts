type Read = (name: string) => string | undefined;

const ACTORS = ["member", "agent", "worker", "system"] as const;

/** Verbs by what they are about: an entry of the menu each. */
export const SUBJECTS = {
  "backlog.": "Backlog",
  "plan.": "Plans",
  "verdict.": "Verdicts",
  "gate.": "Gates",
  "approval.": "Approvals",
  "grant.": "Grants",
  "run.": "Runs",
  "step.": "Steps",
  "flag.": "Flags",
  "models.": "Models",
  "agent.": "Agents",
  "schedule.": "Schedules",
  "queue.": "Queues",
  "webhook.": "Webhooks",
  "setting.": "Settings",
  "snapshot.": "Snapshots",
  "audit.": "Audit",
  "events.": "Seals of events",
} as const;

export interface AuditFilter {
  verb?: string;
  actorType?: (typeof ACTORS)[number];
  actor?: string;
  subject?: string;
  from?: string;
  to?: string;
  seals?: boolean;
}

/** In place of a verb: every entry, with the seals of events that the decisions leave out. */
export const ALL_ENTRIES = "all";

/** The filter in the address of the page. */
export function readAuditFilter(read: Read): AuditFilter {
  const asked = read("verb");
  const verb = asked === ALL_ENTRIES ? undefined : asked;
  const actorType = ACTORS.find((one) => one === read("by"));
  const text = (name: string) => read(name)?.trim().slice(0, 200) || undefined;
  const actor = text("actor");
  const subject = text("about");
  const from = instantOf(read("from"), "00:00:00.000Z");
  const to = instantOf(read("to"), "23:59:59.999Z");
  return {
    ...(verb !== undefined && /^[a-z_]+\.([a-z_]+)?$/.test(verb) && { verb }),
    // asked for by name they are shown
    ...((asked === ALL_ENTRIES || verb?.startsWith("events.")) && { seals: true }),
    ...(actorType !== undefined && { actorType }),
    ...(actor !== undefined && { actor }),
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

export function isFiltered(filter: AuditFilter): boolean {
  return Object.keys(filter).some((name) => name !== "seals");
}

/** Of entries that follow each other, newest first, how many lie between: seals of events, where nothing else is left out. */
export function hiddenBetween(newer: { seq: number }, older: { seq: number }): number {
  return Math.max(0, newer.seq - older.seq - 1);
}

/** Days are UTC's, as the log's instants are. */
function instantOf(day: string | undefined, time: string): string | undefined {
  if (day === undefined || !/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const instant = `${day}T${time}`;
  return Number.isNaN(Date.parse(instant)) ? undefined : instant;
}
