import type { Fleet } from "../presence/fleet.ts";
import { tellEndpoint, LEASE_MS } from "./tell-endpoint.ts";
import type { TellPorts } from "./tell-ports.ts";

const AT_ONCE = 32;
const BATCH = 50;
const IDLE_MS = 500;
const PRUNE_EVERY_MS = 60_000;
const PRUNE = 1_000;

/**
 * Tells endpoints of what has happened. Each is told on its own, many at once: one that does not answer takes a place and
 * nobody's time. Any number of workers run this; a lease sees to it that one at a time tells an endpoint.
 */
export async function relayLoop(
  ports: TellPorts & { readonly fleet: Fleet },
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const { store, seams, fleet } = ports;
  const { clock } = seams;
  const telling = new Map<string, Promise<void>>();
  let freed = Promise.withResolvers<void>();
  let well = true;
  const fail = (error: unknown) => {
    if (well) onError(error);
    well = false;
  };
  let pruneAt = clock.now() + PRUNE_EVERY_MS;
  while (!signal.aborted) {
    const free = AT_ONCE - telling.size;
    let found = 0;
    freed = Promise.withResolvers();
    try {
      const leasedAt = clock.now();
      const leases = await store.claim({ limit: free, batch: BATCH, leaseMs: LEASE_MS });
      for (const lease of leases) {
        const done = tellEndpoint(lease, leasedAt, ports, signal)
          .catch(fail)
          .finally(() => {
            telling.delete(lease.webhook_id);
            freed.resolve();
          });
        telling.set(lease.webhook_id, done);
      }
      found = leases.length;
      if (clock.now() >= pruneAt) {
        pruneAt = clock.now() + PRUNE_EVERY_MS;
        await store.prune(PRUNE);
      }
      well = true;
    } catch (error) {
      fail(error);
    }
    if (found > 0 && telling.size < AT_ONCE) continue;
    // with every place taken only a place that gets free is news
    await Promise.race([
      freed.promise,
      clock.sleep(telling.size < AT_ONCE ? fleet.pause(IDLE_MS) : LEASE_MS, signal),
    ]);
  }
  await Promise.all(telling.values());
}
