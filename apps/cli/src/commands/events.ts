import { randomUUID } from "node:crypto";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { green } from "../terminal/style.ts";

export interface SendEventOptions {
  /** What it is about. */
  key?: string;
  /** The payload, in JSON. */
  json?: string;
  /** Id of the run whose waits alone it is for. */
  run?: string;
  /** Sent again under the same one it is the same event. */
  once?: string;
}

/** `nofx events send NAME`: tells the steps that wait for it of something that happened outside, as the operator. */
export async function sendEvent(name: string, options: SendEventOptions): Promise<void> {
  const payload = readJson(options.json);
  const { api } = await connectRunning("operator");
  const { key, run: runId } = options;
  const sent = await api.sendEvent({ name, key, payload, runId }, options.once ?? randomUUID());
  const waiting = sent.waiting === 1 ? "1 step waited" : `${sent.waiting} steps waited`;
  console.log(`${green("✔")} ${sent.eventId}: ${waiting} for it; steps that ask later find it too`);
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new Sentence(`--json takes JSON, like '{"amount": 5}'; this is none: ${text}`);
  }
}
