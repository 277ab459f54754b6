// The local stack as a process of its own: when whoever started it is gone, even by kill -9, Postgres is shut down here.
import { setTimeout as delay } from "node:timers/promises";
import { startLocalStack, type LocalStack } from "@nofx/db/local-stack";
import { systemErrorSentence } from "../errors.ts";
import { StackOrder, type StackMessage } from "./messages.ts";

/** Worker and agents lose the same parent: they get this long to give back their leases. */
const ORPHANED_MS = 3_000;

const order = StackOrder.parse(JSON.parse(process.env["NOFX_STACK"] ?? "null"));
const tell = (message: StackMessage) =>
  new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });

const starting: Promise<LocalStack> = startLocalStack({
  ...order,
  log: (line) => console.log(`${new Date().toISOString()} ${line}`),
  onProgress: ({ part, state, detail }) => {
    if (state === "started") console.log(`${new Date().toISOString()} ${part}`);
    void tell({ type: "progress", part, detail: state === "done" ? (detail ?? "") : "" });
  },
});

let stopping = false;
async function stop(): Promise<void> {
  // The second signal: the exit handler of the stack shuts Postgres down without waiting for it.
  if (stopping) process.exit(1);
  stopping = true;
  const stack = await starting.catch(() => undefined);
  await stack?.stop();
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
process.once("disconnect", () => void (stopping || delay(ORPHANED_MS).then(stop)));

try {
  const { databaseUrls, gatewayUrl, publishableKey, jwtSecret } = await starting;
  await tell({ type: "ready", stack: { databaseUrls, gatewayUrl, publishableKey, jwtSecret } });
} catch (error) {
  console.error(error);
  await tell({ type: "failed", sentence: sentenceOf(error) });
  if (!stopping) process.exit(1);
}

function sentenceOf(error: unknown): string {
  return systemErrorSentence(error) ?? (error instanceof Error ? error.message : String(error));
}
