import type { System } from "../system/system.ts";
import { createFreezer } from "./freezer.ts";
import { servePlug, type ServedPlug } from "./serve-plug.ts";

/** The lease may have been renewed just before; the sweep looks every second, and the standby takes a moment. */
const BEYOND_LEASE_SECONDS = 5;

/** Puts a plug on a running system. The standby is started when somebody first reaches for the plug, and stays. */
export async function startPlug(
  system: System,
  options: { leaseSeconds: number; startStandby: () => Promise<unknown> },
): Promise<Pick<ServedPlug, "url" | "token">> {
  const freezer = createFreezer({
    workers: () => system.running("worker", "standby"),
    seconds: options.leaseSeconds + BEYOND_LEASE_SECONDS,
    tell: (text) => system.tell(text),
  });
  let starting: Promise<unknown> | undefined;
  const plug = await servePlug({
    freezer,
    standby: async () => {
      starting ??= options.startStandby();
      await starting.catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
    },
  });
  system.beforeStop(async () => {
    freezer.thaw();
    await plug.close();
  });
  return plug;
}
