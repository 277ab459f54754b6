import { readFileSync, statSync } from "node:fs";
import { LocalStackError } from "../local-stack-error.ts";

/** Whom the server runs as: undefined is ourselves, else an unprivileged user that only root can switch to. */
export type ServerUser = { uid: number; gid: number } | undefined;

/**
 * Postgres refuses to run as root. Node's spawn can switch user by number, so no su, runuser or useradd is needed, but
 * initdb wants the number to have an entry in the password file.
 */
export function chooseServerUser(dataDir: string, passwd = "/etc/passwd"): ServerUser {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDir, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = readUsers(passwd);
  const user = users.get("postgres") ?? users.get("nobody");
  if (!user) {
    throw new LocalStackError(
      "no_unprivileged_user",
      `Postgres does not run as root and ${passwd} has neither "postgres" nor "nobody" to run it as; start as an ordinary user.`,
    );
  }
  return user;
}

function readUsers(passwd: string): Map<string, { uid: number; gid: number }> {
  const users = new Map<string, { uid: number; gid: number }>();
  for (const line of readFileSync(passwd, "utf8").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name && Number(uid) > 0) users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
