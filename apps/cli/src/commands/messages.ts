import { randomUUID } from "node:crypto";
import type { RedactionView, RunMessage } from "@nofx/core/api";
import { parseAddress, type Address } from "@nofx/core/bus";
import { connectRunning } from "../client/connect-running.ts";
import { secondPerson } from "../client/decider.ts";
import { WrongUsage } from "../errors.ts";
import { columns, dim, green, printable, yellow } from "../terminal/style.ts";

export interface FollowOptions {
  follow?: boolean;
  type?: string;
  json?: boolean;
}

const TAIL_SECONDS = 20;
const PAGE = 200;

/** `nofx messages RUN`: what was said in a run; with `--follow` what is said from now on too, until it is stopped. */
export async function list(run: string, options: FollowOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const { type, follow = false } = options;
  let after = 0;
  let said = 0;
  for (;;) {
    const page = await api.runMessages(run, {
      after,
      limit: PAGE,
      ...(type !== undefined && { type }),
      ...(follow && { waitSeconds: TAIL_SECONDS }),
    });
    for (const one of page.items) {
      console.log(options.json === true ? JSON.stringify(one) : line(one));
    }
    after = page.next;
    said += page.items.length;
    if (!page.more && !follow) break;
  }
  if (said > 0 || options.json === true) return;
  console.log(
    `Nothing${type === undefined ? "" : ` of type ${printable(type)}`} was said in this run.`,
  );
}

/** When, under which id, and by whom; deeper senders further in, so that who speaks to whom is seen. */
export function line(message: RunMessage): string {
  const { depth, path, role, from, type, to, payload, redacted, messageId, sentAt } = message;
  const who = path ?? from.name;
  const where = to.channel === "default" ? "" : dim(` → ${printable(to.channel)}`);
  const gone =
    redacted === null
      ? ""
      : yellow(`redacted by ${printable(redacted.by)}: ${printable(redacted.why)}`);
  const left = redacted !== null && payload === null ? "" : printable(textOf(payload));
  const what = [left, gone].filter((part) => part !== "").join("  ");
  const as = role === null ? "" : dim(` (${role})`);
  return `${dim(`${sentAt} ${messageId}`)} ${"  ".repeat(depth ?? 0)}${printable(who)}${as}${where} ${dim(type)} ${what}`;
}

function textOf(payload: unknown): string {
  if (typeof payload === "string") return payload;
  const { text, ...more } = (payload ?? {}) as { text?: unknown };
  if (typeof text !== "string") return JSON.stringify(payload);
  return Object.keys(more).length === 0 ? text : `${text} ${JSON.stringify(more)}`;
}

export interface SendOptions {
  to?: string;
  type?: string;
  json?: string;
}

/** `nofx messages send RUN TEXT`. */
export async function send(
  run: string,
  text: string | undefined,
  options: SendOptions,
): Promise<void> {
  if ((text === undefined) === (options.json === undefined)) {
    throw new WrongUsage("Give a text, or a payload by --json.");
  }
  const payload = options.json === undefined ? { text } : readJson(options.json);
  const { api } = await connectRunning("operator");
  const input = {
    payload,
    ...(options.to !== undefined && { to: readAddress(options.to) }),
    ...(options.type !== undefined && { type: options.type }),
  };
  const sent = await api.sendRunMessage(run, input, randomUUID());
  console.log(`${green("✔")} ${sent.messageId}, number ${sent.seq} of ${sent.conversationId}`);
}

export interface RedactOptions {
  reason: string;
  field?: string[];
  pattern?: "emails" | "phones" | "cards" | "ip_addresses" | "secrets";
  matching?: string;
  text?: string;
  json?: boolean;
}

/** `nofx redact ID`: a message, a conversation or a run, by its id. */
export async function redact(id: string, options: RedactOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { reason, field: fields, pattern, matching, text } = options;
  const how = {
    ...(fields !== undefined && { fields }),
    ...(pattern !== undefined && { pattern }),
    ...(matching !== undefined && { matching }),
    ...(text !== undefined && { text }),
  };
  const done = await api.redact({ ...targetOf(id), ...how, reason }, randomUUID());
  console.log(options.json === true ? JSON.stringify(done) : say(done));
}

const HEADINGS = ["asked", "redaction", "status", "what", "of", "by", "why"];

/** `nofx redact list`. */
export async function redactions(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const page = await api.redactions({ limit: PAGE });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("Nothing was redacted.");
  const rows = page.items.map((one) => [
    one.requestedAt,
    one.id,
    one.status === "pending" ? yellow(one.status) : one.status,
    one.how,
    one.messageId ?? one.conversationId ?? one.runId ?? "",
    printable(one.requestedBy),
    printable(one.reason),
  ]);
  for (const text of columns([HEADINGS.map(dim), ...rows])) console.log(text);
  if (page.nextCursor !== null) console.log(dim(`There are more than ${PAGE}.`));
}

function targetOf(id: string) {
  if (id.startsWith("msg_")) return { messageId: id };
  if (id.startsWith("conv_")) return { conversationId: id };
  if (id.startsWith("run_")) return { runId: id };
  throw new WrongUsage(`Give the id of a message, a conversation or a run; this is none: ${id}`);
}

function say(done: RedactionView): string {
  if (done.status === "pending") {
    const yes = `npx nofx --as ${secondPerson()} approvals approve ${done.approvalId}`;
    return `${yellow("…")} ${done.id}: it is under a legal hold, so a second person has to say yes: ${yes}`;
  }
  if (done.messages === 0) {
    return `${yellow("!")} ${done.id}: no message of it says that; copies are looked for until ${done.purgeBy}`;
  }
  const of = done.messages === 1 ? "1 message" : `${done.messages} messages`;
  return `${green("✔")} ${done.id}: ${of} redacted; copies are gone by ${done.purgeBy}`;
}

export interface HoldOptions {
  reason: string;
}

/** `nofx holds place [ID]`. */
export async function placeHold(id: string | undefined, options: HoldOptions): Promise<void> {
  const { api } = await connectRunning("admin");
  const of = id === undefined ? {} : targetOf(id);
  const hold = await api.placeHold({ ...of, reason: options.reason }, randomUUID());
  console.log(`${green("✔")} ${hold.id}: ${hold.of ?? "everything in this tenant"} is held`);
}

/** `nofx holds lift ID`. */
export async function liftHold(id: string): Promise<void> {
  const { api } = await connectRunning("admin");
  const hold = await api.liftHold(id, randomUUID());
  console.log(`${green("✔")} ${hold.of ?? "The tenant"} is held no more by ${hold.id}`);
}

/** `nofx holds`. */
export async function holds(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const list = await api.holds();
  if (options.json === true) return console.log(JSON.stringify(list));
  if (list.items.length === 0) return console.log("Nothing is held.");
  const rows = list.items.map((one) => [
    one.id,
    one.of ?? "the tenant",
    one.liftedAt === null ? `held since ${one.placedAt}` : dim(`lifted ${one.liftedAt}`),
    printable(one.placedBy),
    printable(one.reason),
  ]);
  for (const text of columns(rows)) console.log(text);
}

function readAddress(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new WrongUsage(
    `An address is written like step:step_01…/default or session:session_01…/board; this is none: ${text}`,
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WrongUsage(`--json takes JSON, like '{"amount": 5}'; this is none: ${text}`);
  }
}
