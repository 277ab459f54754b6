// Loaded into every process that we start (node --import): whoever loses its parent, also by kill -9, ends by itself.

const HURRY_AFTER_MS = 2_000;
const KILL_AFTER_MS = 8_000;

if (process.channel !== undefined) {
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
