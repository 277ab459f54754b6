import { randomUUID } from "node:crypto";
import type { FlagView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, green, printable, yellow } from "../terminal/style.ts";

/** `nofx flags`. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { flags } = await api.flags();
  if (options.json === true) return console.log(JSON.stringify(flags));
  for (const line of columns(flags.map(row))) console.log(line);
}

/** `nofx flags set NAME on|off`. */
export async function set(
  name: string,
  state: string,
  options: { message: string; json?: boolean },
): Promise<void> {
  const { api } = await connectRunning("admin");
  const enabled = state === "on";
  const flag = await api.setFlag(name, { enabled, note: options.message }, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(flag));
  console.log(`${bold(flag.name)} is ${said(flag)}.`);
  if (flag.enabled !== enabled) {
    console.log(
      `The server's environment sets ${flag.name}=${flag.enabled ? "on" : "off"}, which wins over the tenant.`,
    );
  }
}

function row(flag: FlagView): string[] {
  return [said(flag), bold(flag.name), flag.title, dim(because(flag))];
}

const said = ({ enabled }: FlagView) => (enabled ? green("on") : yellow("off"));

function because({ source, note, updatedBy, updatedAt }: FlagView): string {
  if (source === "environment") return "forced by the server's environment";
  if (note === null) return "by default";
  return `${printable(note)} (${printable(updatedBy ?? "?")}, ${updatedAt ?? "?"})`;
}
