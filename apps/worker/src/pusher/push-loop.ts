import type { AllowedHosts } from "@nofx/control/net";
import type { PushLease, PushStore } from "@nofx/control/push";
import type { Doorbell } from "@nofx/control/steps";
import type { PushedStep } from "@nofx/core/contract";
import type { Seams } from "@nofx/core/seams";
import { persist } from "../loop/persist.ts";
import type { Fleet } from "../presence/fleet.ts";
import { pushStep, type Pushed } from "./push-step.ts";
import { GIVE_UP_MS, restMs } from "./rest.ts";

/** Calls under way at once, of one worker. */
const AT_ONCE = 512;
/** A tenant with so many is given no more for now: functions that take their time do not keep those of others from being called. */
const SHARE = 64;
/** Endpoints in one claim, and steps for each. */
const ENDPOINTS = 8;
const BATCH = 16;
/** How often it is looked, rung or not; and how soon at most after a ring. */
const IDLE_MS = 1_000;
const PAUSE_MS = 50;
/** Where nothing was posted for so long there may be no functions at all: rings are not listened to. */
const UNUSED_MS = 60_000;
/** How long a function that is full is left alone, where it does not say. */
const BUSY_MS = 1_000;

type Row = PushLease["steps"][number];

export interface PusherPorts {
  readonly store: PushStore;
  readonly doorbell: Doorbell;
  readonly fleet: Fleet;
  readonly seams: Pick<Seams, "clock" | "random">;
  readonly allowed: AllowedHosts;
  readonly leaseSeconds: number;
  /** What a function needs to go on with a step: described for it, with a token of its agent. */
  readonly describe: (lease: PushLease, step: Row, leaseSeconds: number) => Promise<PushedStep>;
  readonly onPushed: (as: Pushed["as"]) => void;
}

/**
 * Claims steps for agents that are functions and posts them. Any number of workers run this: an endpoint is claimed for by
 * one at a time, and how much it holds is counted by leases, not by calls. What is posted is the function's: this process
 * may die, and nothing is lost but the news that the call ended.
 */
export async function pushLoop(
  ports: PusherPorts,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { store, seams, fleet, doorbell, leaseSeconds } = ports;
  const { clock } = seams;
  const calls = new Map<Promise<void>, string>();
  let usedAt = -Infinity;
  let well = true;
  const fail = (error: unknown) => {
    if (well) onError(error);
    well = false;
  };
  while (!signal.aborted) {
    const since = doorbell.rings;
    let found = 0;
    try {
      const free = AT_ONCE - calls.size;
      const limit = Math.min(ENDPOINTS, Math.floor(free / BATCH));
      const leaseMs = leaseSeconds * 1_000;
      const without = busyTenants(calls.values());
      const leases = limit > 0 ? await store.claim({ limit, batch: BATCH, leaseMs, without }) : [];
      for (const lease of leases) {
        for (const step of lease.steps) {
          const call = deliver(lease, step, ports, signal)
            .catch(fail)
            .finally(() => calls.delete(call));
          calls.set(call, lease.tenant_id);
        }
      }
      found = leases.length;
      if (found > 0) usedAt = clock.now();
      well = true;
    } catch (error) {
      fail(error);
    }
    await clock.sleep(fleet.pause(PAUSE_MS), signal);
    if (found > 0) continue;
    const ms = fleet.pause(IDLE_MS);
    if (clock.now() - usedAt > UNUSED_MS) await clock.sleep(ms, signal);
    else await doorbell.wait({ since, ms, signal });
  }
  await Promise.all(calls.keys());
}

/** Those with as many calls under way as one tenant may have. */
function busyTenants(tenants: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const tenant of tenants) counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  return [...counts].flatMap(([tenant, count]) => (count >= SHARE ? [tenant] : []));
}

async function deliver(
  lease: PushLease,
  row: Row,
  ports: PusherPorts,
  signal: AbortSignal,
): Promise<void> {
  const { store, seams, leaseSeconds } = ports;
  const { clock } = seams;
  const agent = { id: lease.agent_id, tenantId: lease.tenant_id };
  const giveBack = () => persist({ clock, signal }, () => store.giveBack(agent, [row]));
  let step: PushedStep;
  try {
    step = await ports.describe(lease, row, leaseSeconds);
  } catch (error) {
    await giveBack();
    throw error;
  }
  const pushed = await pushStep(lease, step, { clock, allowed: ports.allowed, signal });
  // this process ends and the function goes on: what its host makes of a caller that hung up, the lease will tell
  if (pushed.as === "unknown" && signal.aborted) return;
  ports.onPushed(pushed.as);
  // before the endpoint may be claimed for again, so that it rests
  await note(lease, pushed, ports, signal);
  if (pushed.as !== "taken" && pushed.as !== "unknown") await giveBack();
}

async function note(
  lease: PushLease,
  pushed: Pushed,
  { store, seams }: PusherPorts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = seams;
  if (pushed.as === "taken") {
    if (lease.attempts === 0) return;
    const well = { outcome: "taken", restMs: 0, giveUpMs: GIVE_UP_MS, error: null } as const;
    await persist({ clock, signal }, () => store.noted(lease.agent_id, well));
    return;
  }
  const { as, error, retryAfterMs } = pushed;
  const outcome = as === "busy" || as === "gone" ? as : "failed";
  const rest =
    as === "busy" ? (retryAfterMs ?? BUSY_MS) : restMs(lease.attempts + 1, random(), retryAfterMs);
  await persist({ clock, signal }, () =>
    store.noted(lease.agent_id, { outcome, restMs: rest, giveUpMs: GIVE_UP_MS, error }),
  );
}
