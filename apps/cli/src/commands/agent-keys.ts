import { randomUUID } from "node:crypto";
import type { AgentKeyView, IssuedAgentKey } from "@nofx/core/api";
import { readSpan } from "@nofx/core/spans";
import type { AgentScope } from "@nofx/core/vocabulary";
import { connectRunning } from "../client/connect-running.ts";
import { WrongUsage } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface IssueOptions {
  name: string;
  scope?: AgentScope[];
  days?: number;
  json?: boolean;
}

export interface RotateOptions {
  overlap: string;
  json?: boolean;
}

/** `nofx agents keys list AGENT`. */
export async function list(agent: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { keys } = await api.agentKeys(agent);
  if (options.json === true) return console.log(JSON.stringify(keys));
  if (keys.length === 0) {
    console.log(`There are no keys. Issue one: npx nofx agents keys issue ${printable(agent)}`);
  }
  for (const line of columns(keys.map(keyRow))) console.log(line);
}

/** `nofx agents keys issue AGENT`: the one time that it is shown. */
export async function issue(agent: string, options: IssueOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { name, scope: scopes, days: expiresInDays } = options;
  const wanted = {
    name,
    ...(scopes && { scopes }),
    ...(expiresInDays !== undefined && { expiresInDays }),
  };
  say(await api.issueAgentKey(agent, wanted, randomUUID()), options);
}

/** `nofx agents keys rotate AGENT KEY`. */
export async function rotate(agent: string, key: string, options: RotateOptions): Promise<void> {
  const span = readSpan(options.overlap);
  if (typeof span !== "number") throw new WrongUsage("--overlap takes a span, like 24h or 0s.");
  const { api } = await connectRunning("supervisor");
  const issued = await api.rotateAgentKey(agent, key, span, randomUUID());
  say(issued, options);
}

/** `nofx agents keys revoke AGENT KEY`. */
export async function revoke(agent: string, key: string): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { hint } = await api.revokeAgentKey(agent, key, randomUUID());
  console.log(`${green("✔")} ${printable(hint)} is revoked, with its tokens within five seconds.`);
}

export function keyRow(key: AgentKeyView): string[] {
  const paint = { active: green, expired: yellow, revoked: red }[key.status];
  return [
    paint(key.status),
    bold(printable(key.hint)),
    printable(key.name),
    dim(key.id),
    key.lastUsedAt === null ? dim("never used") : `used ${key.lastUsedAt}`,
    key.expiresAt === null ? "" : `ends ${key.expiresAt}`,
    dim(key.scopes.join(" ")),
  ];
}

function say(issued: IssuedAgentKey, options: { json?: boolean }): void {
  if (options.json === true) return console.log(JSON.stringify(issued));
  // alone on standard output, so that a shell can take it
  console.log(issued.key ?? "");
  console.error(
    dim(`${issued.keyId}, for ${issued.scopes.join(" ")}. It is not shown again: put it away now.`),
  );
}
