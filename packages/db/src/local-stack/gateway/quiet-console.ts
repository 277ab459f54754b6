import { AsyncLocalStorage } from "node:async_hooks";

const speaker = new AsyncLocalStorage<(line: string) => void>();
let installed = false;

/**
 * The API server prints every statement that the database refuses, with its stack, as an error of the server. What it
 * prints while it handles a request goes to `log` instead, as one line, and a refusal that the client is told anyway goes
 * nowhere.
 */
export function withQuietConsole<T>(log: (line: string) => void, work: () => T): T {
  install();
  return speaker.run(log, work);
}

function install(): void {
  if (installed) return;
  installed = true;
  const print = console.error;
  console.error = (...args: unknown[]) => {
    const log = speaker.getStore();
    if (!log) return print(...args);
    const error = args.find((arg) => arg instanceof Error);
    if (error && "code" in error && /^(22|23|42|P0)/.test(String(error.code))) return;
    log(`api: ${args.map((arg) => (arg instanceof Error ? arg.message : String(arg))).join(" ")}`);
  };
}
