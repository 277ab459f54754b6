// A lock file that names its holder. Two commands started in one clone take turns; a lock whose holder is dead is taken over.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** The state of a process and when it started, where the system says (Linux). */
function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], started: fields[19] };
  } catch {
    return { state: "", started: "" };
  }
}

function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  const now = look(pid);
  // A process that nobody has collected (a container without init) has ended; one with another start has only the same pid.
  if (now.state === "Z" || now.state === "X") return false;
  return started === "" || now.started === "" || now.started === started;
}

function read(file) {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8"));
    return Number.isInteger(holder?.pid) ? holder : { pid: 0, started: "", what: "" };
  } catch (error) {
    // An unreadable lock was cut short by a crash: its holder counts as dead. A missing one is no lock.
    return error.code === "ENOENT" ? undefined : { pid: 0, started: "", what: "" };
  }
}

/**
 * Takes the lock or says who has it: `{ release }` or `{ holder }`. The file appears by hard link with its content already
 * in it, so nobody reads half a lock; a dead holder's file is renamed away first, which only one contender can do.
 */
export function tryLock(file, what, tell = () => {}) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  const content = JSON.stringify({
    pid: process.pid,
    started: look(process.pid).started,
    what,
    at: new Date().toISOString(),
  });
  writeFileSync(mine, content);
  try {
    for (;;) {
      try {
        linkSync(mine, file);
        break;
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      const holder = read(file);
      if (holder === undefined) continue;
      if (holder.pid > 0 && isAlive(holder)) return { holder };
      const aside = `${file}.stale-${process.pid}`;
      try {
        renameSync(file, aside);
      } catch (error) {
        if (error.code === "ENOENT") continue;
        throw error;
      }
      const moved = read(aside);
      if (moved !== undefined && moved.pid > 0 && isAlive(moved)) {
        // Somebody else took over between our look and our rename: give it back.
        if (!existsSync(file)) linkSync(aside, file);
      } else {
        tell(
          `Taking over a lock left by ${holder.pid > 0 ? `process ${holder.pid}, which has ended` : "a crash"}.`,
        );
      }
      rmSync(aside, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  const release = () => {
    if (read(file)?.pid === process.pid) rmSync(file, { force: true });
  };
  process.once("exit", release);
  return {
    release: () => {
      process.removeListener("exit", release);
      release();
    },
  };
}

/** Takes the lock, waiting for a living holder to finish. Returns the function that lets it go. */
export async function lock(file, what, tell) {
  let told = false;
  for (;;) {
    const { release, holder } = tryLock(file, what, tell);
    if (release !== undefined) return release;
    if (!told) tell(`Waiting for process ${holder.pid} (${holder.what}) in this clone to finish.`);
    told = true;
    await wait(300);
  }
}
