import type { Clock } from "@nofx/core/seams";
import { topicOf } from "@nofx/core/vocabulary";
import type { Doorbell, SealedTenant, WorkerEngine } from "@nofx/control/steps";
import type { Metrics } from "../metrics.ts";
import type { Fleet } from "../presence/fleet.ts";
import { Nudger } from "./nudger.ts";

const BATCH = 1_000;
const BUSY_MS = 25;
const IDLE_MS = 250;
const AUDIT_EVERY_MS = 10_000;

/**
 * Numbers events and tells realtime. Every 25 ms under traffic, slower and slower without, woken by the doorbell. Any
 * number of workers run this; the engine lets one at a time do it.
 */
export async function sealLoop(
  options: {
    clock: Clock;
    engine: WorkerEngine;
    doorbell: Doorbell;
    metrics: Metrics;
    fleet: Fleet;
  },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { clock, engine, doorbell, metrics, fleet } = options;
  const tell = (error: unknown) => {
    if (well) onError(error);
    well = false;
  };
  // a nudge that is not sent is made good by the client's own polling
  const nudger = new Nudger(clock, (nudges) => engine.nudge(nudges).catch(tell));
  let well = true;
  let pause = BUSY_MS;
  let looked = clock.now();
  let unauditedMs = 0;
  while (!signal.aborted) {
    const since = doorbell.rings;
    try {
      const sealed = await engine.seal(BATCH);
      for (const tenant of sealed) note(tenant, nudger, metrics);
      await nudger.flush();
      unauditedMs += fleet.share(clock.now() - looked);
      looked = clock.now();
      if (unauditedMs >= AUDIT_EVERY_MS) {
        unauditedMs = 0;
        await engine.auditSealed();
      }
      pause = sealed.length > 0 ? BUSY_MS : Math.min(IDLE_MS, pause * 1.5);
      well = true;
    } catch (error) {
      tell(error);
      pause = IDLE_MS;
    }
    // under traffic the bell rings all the time: then one call for what came in 25 ms costs less than one a ring
    if (pause === BUSY_MS) await clock.sleep(fleet.pause(BUSY_MS), signal);
    await doorbell.wait({ since, ms: fleet.pause(pause), signal });
    if (doorbell.rings === since) continue;
    if (pause !== BUSY_MS) await clock.sleep(fleet.standBack(BUSY_MS), signal);
    pause = BUSY_MS;
  }
  nudger.stop();
}

function note(tenant: SealedTenant, nudger: Nudger, metrics: Metrics): void {
  metrics.count("nofx_events_sealed_total", {}, tenant.sealed);
  for (const { what, name, verdict, count } of tenant.decisions) {
    if (what === "plan") metrics.count("nofx_plan_events_total", { event: name }, count);
    else if (what === "approval")
      metrics.count("nofx_approval_events_total", { event: name }, count);
    else metrics.count("nofx_gate_verdicts_total", { gate: name, verdict: verdict ?? "" }, count);
  }
  metrics.observe("nofx_seal_lag_seconds", tenant.lag_ms / 1_000);
  nudger.push(topicOf.tenant(tenant.tenant_id), tenant.seq);
  if (tenant.approvals) nudger.push(topicOf.approvals(tenant.tenant_id), tenant.seq);
  for (const runId of tenant.run_ids) nudger.push(topicOf.run(runId), tenant.seq);
}
