import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { readPostmaster } from "./postmaster.ts";
import { serverEnvironment } from "./server-environment.ts";
import type { ServerUser } from "./server-user.ts";

/** A folder of ours outside the clone, taken when the server's user cannot enter the clone. */
const PREFIX = "nofx-";

/** Chooses where the cluster lives: inside `home` when the server's user can get there, else a folder of its own. */
export function choosePlace(home: string, user: ServerUser): string {
  if (!user || reachable(home, user)) return path.join(home, "postgres");
  const parent = outsideParent(home);
  removeAbandonedPlaces(parent);
  const place = mkdtempSync(path.join(parent, PREFIX));
  chmodSync(place, 0o755);
  writeFileSync(path.join(place, "home"), home);
  return place;
}

/**
 * A clone in a temporary folder keeps its data in one too, so that nothing of it stays for ever; any other clone's data
 * must not be swept away with /var/tmp.
 */
function outsideParent(home: string): string {
  const temporary = [os.tmpdir(), "/tmp", "/var/tmp"].some((dir) => home.startsWith(`${dir}/`));
  const wanted = temporary ? ["/var/tmp", os.tmpdir()] : ["/var/lib/nofx", "/var/tmp", os.tmpdir()];
  return wanted.find(usable) ?? os.tmpdir();
}

function usable(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** True when others than the owner may pass every folder on the way. */
function reachable(dir: string, user: { uid: number; gid: number }): boolean {
  for (let at = path.resolve(dir); ; at = path.dirname(at)) {
    const stat = statSync(at);
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** Removes temporary places whose clone is gone and whose server is not running. */
function removeAbandonedPlaces(parent: string): void {
  if (parent === "/var/lib/nofx") return;
  for (const name of readdirSync(parent)) {
    const place = path.join(parent, name);
    const note = path.join(place, "home");
    if (!name.startsWith(PREFIX) || !existsSync(note)) continue;
    if (statSync(place).uid !== process.getuid?.()) continue;
    if (existsSync(readFileSync(note, "utf8"))) continue;
    if (readPostmaster(path.join(place, "data"))?.alive) continue;
    rmSync(place, { recursive: true, force: true });
  }
}

/** The folder to run the server from: npm's own when the server's user can run it there, else a copy in `place`. */
export function provideBinaries(native: string, place: string, user: ServerUser): string {
  if (runs(native, user)) return native;
  const copy = path.join(place, "native");
  if (!runs(copy, user)) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    openToAll(copy);
  }
  return copy;
}

function runs(native: string, user: ServerUser): boolean {
  const bin = path.join(native, "bin", "postgres");
  const share = path.join(native, "share", "postgresql", "postgres.bki");
  if (!existsSync(bin) || (user && (statSync(share).mode & 0o004) === 0)) return false;
  const tried = spawnSync(bin, ["-V"], { ...user, cwd: "/", env: serverEnvironment() });
  return tried.status === 0;
}

function openToAll(dir: string): void {
  chmodSync(dir, 0o755);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const at = path.join(dir, entry.name);
    if (entry.isDirectory()) openToAll(at);
    else if (entry.isFile()) chmodSync(at, path.basename(dir) === "bin" ? 0o755 : 0o644);
  }
}
