import "server-only";
import { createPlane, type Plane } from "@nofx/control/command";
import { env } from "../env.ts";

const held = globalThis as { nofxPlane?: Plane };

/** The plane of this process. Kept on globalThis, so that reloading code in development opens no second pool. */
export function plane(): Plane {
  held.nofxPlane ??= createPlane(env(), { applicationName: "nofx-web" });
  return held.nofxPlane;
}
