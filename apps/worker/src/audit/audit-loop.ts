import { shipDigests, signDue, storeSnapshots, type SigningKey } from "@nofx/control/audit";
import type { Plane } from "@nofx/control/command";
import { withLeadership, type Leadership } from "@nofx/control/leadership";
import type { WorkerEngine } from "@nofx/control/steps";
import type { Seams } from "@nofx/core/seams";
import type { Metrics } from "../metrics.ts";

const POLL_MS = 2_000;
const BUSY_MS = 50;

export interface AuditPorts {
  readonly connectionString: string;
  readonly engine: Pick<WorkerEngine, "worker" | "audit">;
  readonly storage: Plane["storage"];
  readonly seams: Pick<Seams, "clock" | "random">;
  readonly metrics: Metrics;
  /** Without one nothing is signed. */
  readonly key: SigningKey | undefined;
  readonly intervalSeconds: number;
}

/** Signs how far the audit chains have come, and moves digests and snapshots to storage, in whichever worker leads. */
export function auditLoop(
  ports: AuditPorts,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { connectionString, engine, seams } = ports;
  return withLeadership(
    { ...seams, connectionString, role: "auditor", holder: engine.worker, signal, onError },
    (leadership) => lead(ports, leadership, onError),
  );
}

async function lead(
  ports: AuditPorts,
  { term, signal }: Leadership,
  onError: (error: unknown) => void,
): Promise<void> {
  const { engine, storage, metrics, key, intervalSeconds, seams } = ports;
  const jobs: (() => Promise<number>)[] = [
    () => shipDigests(engine.audit, storage),
    () => storeSnapshots(engine.audit, storage),
  ];
  if (key !== undefined) {
    const told = new Set<string>();
    jobs.unshift(async () => {
      const { kept, refused } = await signDue(engine.audit, term, key, intervalSeconds);
      metrics.count("nofx_audit_digests_total", {}, kept);
      metrics.set("nofx_audit_chains_broken", refused.length);
      for (const tenant of refused.filter((one) => !told.has(one))) {
        told.add(tenant);
        onError(
          new Error(`the audit chain of tenant ${tenant} does not follow from its last digest`),
        );
      }
      return kept;
    });
  }
  // storage that does not answer keeps nobody from signing
  const well = jobs.map(() => true);
  while (!signal.aborted) {
    let done = 0;
    for (const [i, job] of jobs.entries()) {
      try {
        done += await job();
        well[i] = true;
      } catch (error) {
        if (well[i] === true) onError(error);
        well[i] = false;
      }
    }
    await seams.clock.sleep(done > 0 ? BUSY_MS : POLL_MS, signal);
  }
}
