import { randomUUID } from "node:crypto";
import type { ModelHealthView, ProviderView, SetProviderInput } from "@nofx/core/api";
import { splitModelId } from "@nofx/core/model-router";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface SetOptions {
  kind: SetProviderInput["kind"];
  url?: string;
  region: string;
  title?: string;
  header?: string[];
  /** False: `--no-key`. */
  key: string | false;
  probe?: boolean;
  off?: boolean;
  json?: boolean;
}

/** `nofx providers`. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { providers } = await api.providers();
  if (options.json === true) return console.log(JSON.stringify(providers));
  for (const line of columns(providers.map(row))) console.log(line);
}

/** `nofx providers health [PROVIDER]`. */
export async function health(
  provider: string | undefined,
  options: { json?: boolean },
): Promise<void> {
  const { api } = await connectRunning("operator");
  const list = await api.providerHealth(provider);
  if (options.json === true) return console.log(JSON.stringify(list));
  if (list.health.length === 0) return console.log("Nothing was called within the hour.");
  for (const line of columns(list.health.map(healthRow))) console.log(line);
}

/** `nofx providers set NAME`. */
export async function set(name: string, options: SetOptions): Promise<void> {
  const { kind, url, region, title, header = [], key, probe = false, off = false } = options;
  const headers = Object.fromEntries(header.map(readHeader));
  const { api } = await connectRunning("admin");
  const provider = await api.setProvider(
    name,
    {
      kind,
      region,
      headers,
      probe,
      enabled: !off,
      baseUrl: url ?? null,
      keyName: key === false ? null : key,
      ...(title !== undefined && { title }),
    },
    randomUUID(),
  );
  say(provider, options);
  if (provider.missing === "key") {
    console.log(`It has no key yet: npx nofx keys put ${name}`);
  }
}

/** `nofx providers on|off NAME`. */
export async function turn(
  name: string,
  enabled: boolean,
  options: { region: string; json?: boolean },
): Promise<void> {
  const { api } = await connectRunning("admin");
  const { region } = options;
  say(await api.switchProvider(name, { region, enabled }, randomUUID()), options);
}

/** `nofx providers remove NAME`. */
export async function remove(name: string, { region }: { region: string }): Promise<void> {
  const { api } = await connectRunning("admin");
  await api.removeProvider(name, region, randomUUID());
  console.log(`What this tenant said of ${bold(name)} (${region}) is taken back.`);
}

/** `nofx providers probe MODEL`. */
export async function probe(
  id: string,
  options: { region: string; json?: boolean },
): Promise<void> {
  if (!id.includes("/")) throw new WrongUsage("Name a model: provider/model.");
  const { provider, model } = splitModelId(id);
  const { api } = await connectRunning("admin");
  const { region } = options;
  const result = await api.probeModel(provider, { region, model }, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(result));
  const told = `${bold(printable(id))} ${paint(result.state)(result.state)}, ${result.latencyMs} ms: ${result.message}`;
  if (!result.ok) throw new Sentence(told);
  console.log(told);
}

function readHeader(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new WrongUsage(`A header is name=value, not ${text}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function say(provider: ProviderView, options: { json?: boolean }): void {
  if (options.json === true) return console.log(JSON.stringify(provider));
  for (const line of columns([row(provider)])) console.log(line);
}

function row({ name, region, title, kind, origin, enabled, missing, baseUrl }: ProviderView) {
  const state = !enabled ? yellow("off") : missing === "key" ? dim("no key") : green("on");
  const where = region === "default" ? name : `${name} (${region})`;
  return [state, bold(printable(where)), kind, origin, printable(baseUrl ?? title)];
}

function healthRow(health: ModelHealthView): string[] {
  const { provider, model, region, state, errorRate, samples, p50Ms, p95Ms, minutes } = health;
  const calls = minutes.reduce((sum, minute) => sum + minute.calls, 0);
  return [
    paint(state)(state),
    bold(printable(`${provider}/${model}`)),
    region,
    `${calls} calls in the hour`,
    samples === 0 ? "" : `${Math.round(errorRate * 100)} % of ${samples} failed just now`,
    p50Ms === null ? "" : `p50 ${p50Ms} ms, p95 ${p95Ms} ms`,
  ];
}

const paint = (state: ModelHealthView["state"]) =>
  ({ healthy: green, degraded: yellow, half_open: yellow, open: red })[state];
