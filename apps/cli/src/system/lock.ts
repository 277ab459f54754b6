import { join } from "node:path";
import { tryLock, type Holder } from "../../../../scripts/lib/lock.mjs";
import { Sentence } from "../errors.ts";
import { readState } from "./state.ts";

/** Takes the clone for one running system, or says who has it. A lock whose holder is dead is taken over with a sentence. */
export function lockSystem(
  home: string,
  command: string,
  tell: (text: string) => void,
): { release: () => void } | { holder: Holder } {
  const { release, holder } = tryLock(join(home, "system.lock"), command, tell);
  if (release !== undefined) return { release };
  return { holder: holder ?? { pid: 0, what: "another process" } };
}

/** For who wanted to start a second one: where the first is and how to get rid of it. */
export function alreadyRunning(home: string, holder: Holder): Sentence {
  const state = readState(home);
  const since = holder.at === undefined ? "" : ` since ${new Date(holder.at).toLocaleTimeString()}`;
  const where =
    state?.phase === "ready" && state.addresses !== null
      ? `its dashboard is ${state.addresses.dashboard}`
      : `it is ${state?.phase ?? "starting"}`;
  return new Sentence(
    `NOFX already runs from this clone (${holder.what}, process ${holder.pid}${since}): ${where}.\n` +
      "Use that one, or stop it with: npx nofx stop",
  );
}
