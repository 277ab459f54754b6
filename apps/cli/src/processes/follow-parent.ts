// Loaded into every process that we start (node --import): whoever loses its parent, also by kill -9, ends by itself.

const HURRY_AFTER_MS = 2_000;
const KILL_AFTER_MS = 8_000;

// A process that ours forks inherits this module, and lives by the channel to its own parent: it is left alone.
const ours = process.env["NOFX_PARENT"] === String(process.ppid);
delete process.env["NOFX_PARENT"];

if (ours && process.channel !== undefined) {
  // Watching the channel must not keep a process alive that has nothing else to do.
  process.channel.unref();
  process.once("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGTERM"), HURRY_AFTER_MS).unref();
    setTimeout(killGroup, KILL_AFTER_MS).unref();
  });
}

function killGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill(process.pid, "SIGKILL");
  }
}
