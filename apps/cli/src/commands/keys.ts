import { randomUUID } from "node:crypto";
import type { KeyAuditEntry, KeyView } from "@nofx/core/api";
import { readSpan } from "@nofx/core/spans";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { readSecret } from "../terminal/read-secret.ts";
import { bold, columns, dim, green, printable, red } from "../terminal/style.ts";

export interface KeyOptions {
  name: string;
}

export interface PutOptions extends KeyOptions {
  message?: string;
  overlap?: string;
  json?: boolean;
}

export interface AuditOptions {
  name?: string;
  action?: string;
  limit: number;
  json?: boolean;
}

/** `nofx keys`. */
export async function list(options: { all?: boolean; json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { items } = await api.keys({ status: options.all === true ? "all" : "active" });
  if (options.json === true) return console.log(JSON.stringify(items));
  if (items.length === 0) {
    console.log("There are no keys yet. Put one there: npx nofx keys put openai < key.txt");
  }
  for (const line of columns(items.map(row))) console.log(line);
}

/** `nofx keys put PROVIDER`. */
export async function put(provider: string, options: PutOptions): Promise<void> {
  const rest = restOf(options);
  const { api } = await connectRunning("admin");
  const secret = await readSecret(`Key of ${provider} (not shown): `);
  const key = await api.putKey({ provider, name: options.name, secret, ...rest }, randomUUID());
  say(key, options);
}

/** `nofx keys rotate PROVIDER`. */
export async function rotate(provider: string, options: PutOptions): Promise<void> {
  const rest = restOf(options);
  const { api } = await connectRunning("admin");
  const { id } = await find(api, provider, options.name);
  const secret = await readSecret(`New key of ${provider} (not shown): `);
  say(await api.rotateKey(id, { secret, ...rest }, randomUUID()), options);
}

/** `nofx keys retire PROVIDER`. */
export async function retire(provider: string, { name }: KeyOptions): Promise<void> {
  const { api } = await connectRunning("admin");
  const { id } = await find(api, provider, name);
  const key = await api.retireKey(id, randomUUID());
  console.log(`${green("✔")} ${called(key)} is retired, its secrets are destroyed.`);
}

/** `nofx keys audit`. */
export async function audit(provider: string | undefined, options: AuditOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const keys =
    provider === undefined
      ? [undefined]
      : (await api.keys({ provider, status: "all" })).items
          .filter(({ name }) => options.name === undefined || name === options.name)
          .map(({ id }) => id);
  const { action, limit } = options;
  const pages = await Promise.all(
    keys.map((keyId) =>
      api.keyAudit({ limit, ...(keyId && { keyId }), ...(action !== undefined && { action }) }),
    ),
  );
  const entries = pages
    .flatMap(({ items }) => items)
    .toSorted((a, b) => b.seq - a.seq)
    .slice(0, limit);
  if (options.json === true) return console.log(JSON.stringify(entries));
  for (const line of columns(entries.map(entryRow))) console.log(line);
}

async function find(api: Api, provider: string, name: string): Promise<KeyView> {
  const [key] = (await api.keys({ provider, name })).items;
  if (key !== undefined) return key;
  throw new Sentence(
    `There is no key "${name}" of ${provider}. Put one there: npx nofx keys put ${provider} --name ${name}`,
  );
}

function restOf({ message, overlap }: PutOptions): { note?: string; overlapSeconds?: number } {
  const seconds = overlap === undefined ? undefined : readSpan(overlap);
  if (overlap !== undefined && (seconds === undefined || seconds === null)) {
    throw new WrongUsage(`A span is written like 24h or 30m; this is none: ${overlap}`);
  }
  return {
    ...(message !== undefined && { note: message }),
    ...(typeof seconds === "number" && { overlapSeconds: seconds }),
  };
}

function say(key: KeyView, { json }: PutOptions): void {
  if (json === true) return console.log(JSON.stringify(key));
  console.log(`${green("✔")} ${called(key)} is at version ${key.version}.`);
  if (key.previousUntil !== null) {
    console.log(
      dim(
        `  Version ${key.version - 1} can be used until ${key.previousUntil}, where the provider refuses this one.`,
      ),
    );
  }
}

const called = ({ provider, name }: KeyView) => bold(`${provider} ${name}`);

function row(key: KeyView): string[] {
  const { provider, name, version, status, hint, lastUsedAt, lastUsedFor, note } = key;
  return [
    bold(provider),
    name,
    status === "retired" ? red("retired") : `v${version}`,
    hint === "" ? "" : `…${printable(hint)}`,
    lastUsedAt === null ? dim("never used") : `${lastUsedAt} ${dim(printable(lastUsedFor ?? ""))}`,
    dim(printable(note)),
  ];
}

function entryRow(entry: KeyAuditEntry): string[] {
  const { at, action, provider, name, version, by, purpose, runId } = entry;
  return [
    dim(at),
    action === "refused" ? red(action) : action,
    `${provider} ${name} v${version}`,
    `${by.type} ${printable(by.name ?? by.id)}`,
    printable(purpose),
    dim(runId ?? ""),
  ];
}
