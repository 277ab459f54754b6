import { randomUUID } from "node:crypto";
import type { ModelView, PriceRecordView, SetModelInput } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, green, printable, yellow } from "../terminal/style.ts";

export interface SetOptions {
  title?: string;
  context?: number;
  output?: number;
  can?: NonNullable<SetModelInput["capabilities"]>;
  quality?: number;
  on?: boolean;
  off?: boolean;
  json?: boolean;
}

export interface PriceOptions {
  input: string;
  output: string;
  cacheRead?: string;
  cacheWrite?: string;
  reasoning?: string;
  from?: string;
  message: string;
  json?: boolean;
}

/** `nofx models`. */
export async function list(options: {
  all?: boolean;
  search?: string;
  json?: boolean;
}): Promise<void> {
  const { api } = await connectRunning("operator");
  const { all, search } = options;
  const { models } = await api.models({
    available: all === true || search !== undefined ? "false" : "true",
    ...(search !== undefined && { search }),
  });
  if (options.json === true) return console.log(JSON.stringify(models));
  for (const line of columns(models.map(row))) console.log(line);
  if (all !== true) {
    console.log(dim("USD a million tokens, in and out. More providers: npx nofx providers"));
  }
}

/** `nofx models set MODEL`. */
export async function set(model: string, options: SetOptions): Promise<void> {
  const { title, context, output, can, quality, on, off } = options;
  const { api } = await connectRunning("admin");
  const stored = await api.setModel(
    {
      model,
      ...(title !== undefined && { title }),
      ...(context !== undefined && { contextTokens: context }),
      ...(output !== undefined && { maxOutputTokens: output }),
      ...(can !== undefined && { capabilities: can }),
      ...(quality !== undefined && { quality }),
      ...(on === true && { enabled: true }),
      ...(off === true && { enabled: false }),
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(stored));
  for (const line of columns([row(stored)])) console.log(line);
}

/** `nofx models remove MODEL`. */
export async function remove(model: string): Promise<void> {
  const { api } = await connectRunning("admin");
  await api.removeModel(model, randomUUID());
  console.log(`What this tenant said of ${bold(printable(model))} is taken back.`);
}

/** `nofx models prices MODEL`. */
export async function prices(model: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  say((await api.prices(model)).prices, options);
}

/** `nofx models price MODEL`. */
export async function price(model: string, options: PriceOptions): Promise<void> {
  const { input, output, cacheRead, cacheWrite, reasoning, from, message } = options;
  const { api } = await connectRunning("admin");
  const history = await api.setPrice(
    {
      model,
      perMillionTokens: {
        input,
        output,
        ...(cacheRead !== undefined && { cacheRead }),
        ...(cacheWrite !== undefined && { cacheWrite }),
        ...(reasoning !== undefined && { reasoning }),
      },
      ...(from !== undefined && { effectiveFrom: from }),
      note: message,
    },
    randomUUID(),
  );
  say(history.prices, options);
}

/** `nofx models withdraw MODEL`. */
export async function withdraw(
  model: string,
  options: { from?: string; message: string; json?: boolean },
): Promise<void> {
  const { api } = await connectRunning("admin");
  const { from, message } = options;
  const history = await api.withdrawPrice(
    { model, note: message, ...(from !== undefined && { effectiveFrom: from }) },
    randomUUID(),
  );
  say(history.prices, options);
}

function say(all: readonly PriceRecordView[], options: { json?: boolean }): void {
  if (options.json === true) return console.log(JSON.stringify(all));
  if (all.length === 0) return console.log("Nobody knows its price.");
  for (const line of columns(all.map(priceRow))) console.log(line);
}

function row(model: ModelView): string[] {
  const { id, title, price: now, available, routable, simulated, enabled, own } = model;
  const rates = now?.perMillionTokens;
  const name = available || routable ? bold(printable(id)) : printable(id);
  return [
    name,
    rates === undefined ? dim("no price") : `${rates.input ?? "?"} / ${rates.output ?? "?"}`,
    simulated ? `${printable(title)} (simulated)` : printable(title),
    enabled ? (own ? dim("own settings") : "") : yellow("off"),
  ];
}

function priceRow(record: PriceRecordView): string[] {
  const { perMillionTokens: rates, aboveTokens, effectiveFrom, own, note, source } = record;
  const { withdrawn, inForce, replaced, createdBy } = record;
  const said = withdrawn ? "withdrawn" : `${rates.input ?? "?"} / ${rates.output ?? "?"}`;
  return [
    inForce ? green("now") : replaced ? dim("replaced") : "",
    effectiveFrom,
    aboveTokens === 0 ? "" : `above ${aboveTokens}`,
    said,
    own ? `${printable(note ?? "")} (${printable(createdBy ?? "?")})` : dim(printable(source)),
  ];
}
