import { spawn } from "node:child_process";
import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { explainFailure } from "./explain-failure.ts";
import { serverEnvironment } from "./server-environment.ts";
import type { ServerUser } from "./server-user.ts";

/** The role that owns the cluster, as on hosted Supabase; `postgres` is an ordinary role there and here. */
export const SUPERUSER = "supabase_admin";

/**
 * Makes a new cluster. The locale is Postgres's own C.UTF-8, so that none needs to be installed on the machine. An
 * interrupted run leaves nothing that looks like a cluster: the folder gets its name last.
 */
export async function initialiseCluster(options: {
  native: string;
  place: string;
  password: string;
  user: ServerUser;
}): Promise<void> {
  const { native, place, password, user } = options;
  const work = path.join(place, "initialising");
  const dataDir = path.join(work, "data");
  const passwordFile = path.join(work, "password");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { mode: 0o700 });
  if (user) chownSync(work, user.uid, user.gid);
  try {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    if (user) chownSync(passwordFile, user.uid, user.gid);
    const initdb = spawn(
      path.join(native, "bin", "initdb"),
      [
        `--pgdata=${dataDir}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
      ],
      { ...user, cwd: place, env: serverEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
    );
    const exited = new Promise<number | null>((resolve, reject) => {
      initdb.once("error", reject);
      initdb.once("close", resolve);
    });
    const [code, ...printed] = await Promise.all([
      exited,
      text(initdb.stdout),
      text(initdb.stderr),
    ]);
    if (code !== 0) throw explainFailure("Postgres (initdb)", printed.join("\n"), "the cause");
    renameSync(dataDir, path.join(place, "data"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
