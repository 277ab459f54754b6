import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createApi, type Api } from "../../apps/cli/src/client/api.ts";
import { auditPublicKeyFile } from "../../apps/cli/src/credentials/audit-key.ts";
import { readCredentials } from "../../apps/cli/src/credentials/credentials.ts";
import { signIn, type Login } from "../../apps/cli/src/credentials/sign-in.ts";
import { home, root } from "../../apps/cli/src/paths.ts";
import { isAlive, readState } from "../../apps/cli/src/system/state.ts";
import type { Target } from "./surface.ts";

const STARTING_MS = 300_000;
const WAITING_MS = 60_000;

interface Place {
  url: string;
  supabase: { url: string; publishableKey: string };
  operator: Login;
  supervisor: Login;
  auditKey: string | undefined;
}

/** Signs in to what the environment names; without NOFX_URL, to what runs in this clone, which is started if nothing does. */
export async function openTarget(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Target & { close(): Promise<void> }> {
  const { place, close } = env["NOFX_URL"]
    ? { place: named(env), close: async () => {} }
    : await local(say);
  try {
    const as = async (login: Login): Promise<Api> => {
      const session = await signIn(place.supabase, login);
      if (session === undefined)
        throw new Error(`${login.email} cannot sign in with this password`);
      return createApi({ baseUrl: place.url, accessToken: session.accessToken });
    };
    const [operator, supervisor] = [await as(place.operator), await as(place.supervisor)];
    return { url: place.url, operator, supervisor, auditKey: place.auditKey, until, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function named(env: NodeJS.ProcessEnv): Place {
  const missing: string[] = [];
  const read = (...names: string[]): string => {
    const name = names.find((one) => env[one]);
    if (name === undefined) missing.push(names.join(" or "));
    return name === undefined ? "" : (env[name] ?? "");
  };
  const login = (who: string): Login => ({
    email: read(`NOFX_SMOKE_${who}_EMAIL`),
    password: read(`NOFX_SMOKE_${who}_PASSWORD`),
  });
  const place: Place = {
    url: read("NOFX_URL").replace(/\/$/, ""),
    supabase: {
      url: read("SUPABASE_URL"),
      publishableKey: read("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"),
    },
    operator: login("OPERATOR"),
    supervisor: login("SUPERVISOR"),
    auditKey: readKey(env["NOFX_AUDIT_PUBLIC_KEY_FILE"]),
  };
  if (missing.length > 0)
    throw new Error(`The environment lacks ${missing.join(", ")}: docs/operations.md`);
  return place;
}

async function local(say: (line: string) => void) {
  const running = readLocal();
  if (running !== undefined) {
    say(`Using what runs in this clone: ${running.url}`);
    return { place: running, close: async () => {} };
  }
  say("Starting a local stack");
  const child = spawn(process.execPath, [join(root, "apps/cli/bin/nofx.mjs"), "dev", "--no-demo"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
  });
  const close = () => stop(child);
  try {
    for (const begun = performance.now(); performance.now() - begun < STARTING_MS;) {
      const place = readLocal();
      if (place !== undefined) return { place, close };
      if (child.exitCode !== null) break;
      await delay(500);
    }
    throw new Error("The local stack did not start: npx nofx doctor says what may be wrong.");
  } catch (error) {
    await close();
    throw error;
  }
}

function readLocal(): Place | undefined {
  const state = readState(home);
  const credentials = readCredentials(home);
  if (state?.phase !== "ready" || !isAlive(state) || state.addresses === null) return undefined;
  if (credentials === undefined) return undefined;
  const { dashboard, supabase, publishableKey } = state.addresses;
  const { operator, supervisor } = credentials.people;
  const auditKey = readKey(auditPublicKeyFile(home));
  return {
    url: dashboard,
    supabase: { url: supabase, publishableKey },
    operator,
    supervisor,
    auditKey,
  };
}

const readKey = (file: string | undefined) =>
  file === undefined || !existsSync(file) ? undefined : readFileSync(file, "utf8");

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const begun = performance.now(); performance.now() - begun < WAITING_MS;) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(250);
  }
  throw new Error(`${what} did not come within a minute`);
}
