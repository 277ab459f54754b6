import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { replaySnapshot, type Replay, type Snapshot } from "@nofx/control/audit";
import { toId } from "@nofx/core/vocabulary";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { bold, columns, dim, green, printable, red } from "../terminal/style.ts";

const MOST_STEPS = 30;

interface Told extends Replay {
  /** Whether the audit log holds the snapshot's digest; null where nobody was asked. */
  readonly vouched: boolean | null;
  /** Where the present database says otherwise. */
  readonly differences: readonly string[];
}

/** `nofx audit replay`: a file is read without a server; of a plan every snapshot is shown, beside what the database says now. */
export async function replay(given: string, options: { json?: boolean }): Promise<void> {
  const told = existsSync(given) ? [replayFile(given)] : await replayPlan(given);
  if (options.json === true) console.log(JSON.stringify(told));
  else for (const one of told) for (const line of say(one)) console.log(line);
  const wrong = told.flatMap((one) => one.checks.filter((check) => !check.ok));
  if (wrong.length > 0 || told.some((one) => one.vouched === false)) {
    throw new Sentence("A snapshot is not what it was when the decision was taken.");
  }
}

function replayFile(name: string): Told {
  const bytes = readFileSync(name);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8");
  const told = read(text);
  // storage names a snapshot by its digest
  const named = /[0-9a-f]{64}/.exec(name)?.[0];
  return { ...told, vouched: named === undefined ? null : named === told.digest, differences: [] };
}

async function replayPlan(planId: string): Promise<Told[]> {
  const { api } = await connectRunning("supervisor");
  const { items } = await api.snapshots(planId);
  if (items.length === 0) {
    throw new Sentence("No snapshot was kept of this plan: it is older than snapshots are.");
  }
  const told: Told[] = [];
  let steps: Snapshot["steps"] = null;
  for (const { digest } of items) {
    const { text } = await api.snapshot(digest);
    if (text === "") throw new Sentence(`Snapshot ${digest} is not in storage any more.`);
    const found = read(text, steps ?? undefined);
    steps ??= found.snapshot.steps;
    const entries = await api.audit({ verb: "snapshot.taken", subject: digest });
    told.push({
      ...found,
      vouched: found.digest === digest && entries.items.length > 0,
      differences: digest === items.at(-1)?.digest ? await compare(api, found.snapshot, steps) : [],
    });
  }
  return told;
}

function read(text: string, steps?: readonly Record<string, unknown>[]): Replay {
  try {
    return replaySnapshot(text, steps);
  } catch {
    const digest = createHash("sha256").update(text).digest("hex");
    throw new WrongUsage(`This is no snapshot of a decision (SHA-256 ${digest}).`);
  }
}

/** Where what is stored now differs from the last snapshot. */
async function compare(api: Api, then: Snapshot, steps: Snapshot["steps"]): Promise<string[]> {
  const now = await api.plan(toId("plan", then.plan.id));
  const found: string[] = [];
  const differ = (what: string, before: string, after: string) => {
    if (before !== after) found.push(`${what}: ${before} then, ${after} now`);
  };
  differ("status", then.plan.status, now.status);
  differ("verdict", then.plan.verdict, now.verdict);
  differ("digest", then.plan.digest, now.digest);
  for (const { gate, verdict } of then.verdicts) {
    const current = now.evaluations.find((one) => one.gate === gate)?.verdict;
    differ(`gate ${gate}`, verdict, current ?? "gone");
  }
  for (const { id, title, status } of then.approvals) {
    const current = await api.approval(toId("approval", id));
    differ(`approval "${printable(title)}"`, status, current.status);
  }
  const stored = new Map<string, string>();
  for (let cursor: string | undefined; ;) {
    const page = await api.planSteps(toId("plan", then.plan.id), {
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    });
    for (const step of page.items) stored.set(step.name, step.token);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  for (const step of steps ?? []) {
    const name = String(step["name"]);
    differ(`step ${printable(name)}`, String(step["token"]), stored.get(name) ?? "gone");
    stored.delete(name);
  }
  if (steps !== null)
    found.push(...[...stored.keys()].map((name) => `step ${printable(name)}: new`));
  return found;
}

function say({ snapshot, digest, checks, vouched, differences }: Told): string[] {
  const { plan, verdicts, approvals, decisions, overrides, steps } = snapshot;
  const mark = (ok: boolean) => (ok ? green("✔") : red("✖"));
  return [
    `${bold(snapshot.kind)} ${snapshot.at}, by ${printable(snapshot.actor)}`,
    `  ${printable(plan.title)}, version ${plan.version}: ${plan.status}, verdict ${plan.verdict}, ${plan.step_count} steps`,
    dim(`  plan ${plan.digest}`),
    dim(`  snapshot ${digest}`),
    ...verdicts.flatMap(({ gate, verdict, findings }) => [
      `  gate ${gate}: ${verdict}`,
      ...findings.map((one) => `    ${one.verdict}: ${printable(one.reason)}`),
    ]),
    ...approvals.flatMap((one) => [
      `  approval "${printable(one.title)}": ${one.status}`,
      ...decisions
        .filter((decision) => decision.approval_id === one.id)
        .map(
          ({ member_name, decision, at, reason }) =>
            `    ${printable(member_name)}: ${decision}, ${at}${reason === null ? "" : `: ${printable(reason)}`}`,
        ),
    ]),
    ...overrides.map((one) => `  override: ${printable(JSON.stringify(one["reason"]))}`),
    ...columns(
      (steps ?? [])
        .slice(0, MOST_STEPS)
        .map((step) => [
          "  step",
          printable(String(step["name"])),
          String(step["verdict"]),
          printable(String(step["kind"])),
        ]),
    ),
    ...(steps !== null && steps.length > MOST_STEPS
      ? [dim(`    and ${steps.length - MOST_STEPS} more; --json shows all`)]
      : []),
    ...(vouched === null
      ? []
      : [`  ${mark(vouched)} its digest is the one that the audit log holds`]),
    ...checks.map((check) => `  ${mark(check.ok)} ${check.what}`),
    ...differences.map((text) => `  differs from the database: ${text}`),
    "",
  ];
}
