/** Stops this process, as Ctrl-C would, when the launcher that started it is gone without a word (kill -9, a crash). */
export function followLauncher() {
  if (process.channel === undefined) return;
  process.channel.unref();
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
