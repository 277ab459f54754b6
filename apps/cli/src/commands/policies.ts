import { randomUUID } from "node:crypto";
import { readRoutingDocument } from "@nofx/control/routing";
import type { PolicyProblem, PolicyView } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { read } from "../read-input.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

/** `nofx policies`. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { policies } = await api.policies();
  if (options.json === true) return console.log(JSON.stringify(policies));
  for (const line of columns(policies.map(row))) console.log(line);
  console.log(dim("A call asks for one by the model policy:NAME; else default holds."));
}

/** `nofx policies show NAME`: its document, to change and save again. */
export async function show(name: string): Promise<void> {
  const { api } = await connectRunning("operator");
  console.log(JSON.stringify((await find(api, name)).document, null, 2));
}

/** `nofx policies history NAME`. */
export async function history(name: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const { versions } = await api.policyHistory(name);
  if (options.json === true) return console.log(JSON.stringify(versions));
  if (versions.length === 0) return console.log("This tenant has none of that name of its own.");
  const rows = versions.map(({ version, removed, note, createdBy, createdAt }) => [
    bold(`v${version}`),
    createdAt,
    removed ? yellow("removed") : "",
    `${printable(note)} (${printable(createdBy)})`,
  ]);
  for (const line of columns(rows)) console.log(line);
}

/** `nofx policies check FILE`. */
export async function check(file: string, options: { json?: boolean }): Promise<void> {
  const document = readRoutingDocument(await read(file));
  const { api } = await connectRunning("operator");
  const result = await api.checkPolicy(document, randomUUID());
  if (options.json === true) console.log(JSON.stringify(result));
  else {
    for (const one of result.problems) console.log(`${red("wrong")} ${told(one)}`);
    warn(result.warnings);
    if (result.ok) console.log(green("It can be saved."));
  }
  if (!result.ok) throw new Sentence("It cannot be saved as it is.");
}

/** `nofx policies save NAME FILE`. */
export async function save(
  name: string,
  file: string,
  options: { message: string; json?: boolean },
): Promise<void> {
  const document = readRoutingDocument(await read(file));
  const { api } = await connectRunning("admin");
  const { policies } = await api.policies();
  const known = policies.find((one) => one.name === name)?.ownVersion;
  const replaces = known ?? (await api.policyHistory(name)).versions[0]?.version ?? 0;
  const saved = await api.savePolicy(
    { name, replaces, document, note: options.message },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(saved));
  console.log(`${bold(name)} is at version ${saved.version}.`);
  warn(saved.warnings);
}

/** `nofx policies remove NAME`. */
export async function remove(name: string, options: { message: string }): Promise<void> {
  const { api } = await connectRunning("admin");
  const { ownVersion } = await find(api, name);
  await api.removePolicy(name, { replaces: ownVersion, note: options.message }, randomUUID());
  console.log(`This tenant's own ${bold(name)} is removed; its versions stay in the history.`);
}

async function find(api: Api, name: string): Promise<PolicyView> {
  const { policies } = await api.policies();
  const found = policies.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Sentence(`There is no policy "${name}". npx nofx policies lists them.`);
}

function warn(warnings: readonly PolicyProblem[]): void {
  for (const one of warnings) console.log(`${yellow("note")} ${told(one)}`);
}

const told = ({ path, message, line, column }: PolicyProblem) =>
  `${printable(path)}${line === null ? "" : ` line ${line}, column ${column}`}: ${printable(message)}`;

function row({ name, version, origin, document, note, problems, warnings }: PolicyView): string[] {
  const rules = document?.rules.map(({ strategy }) => strategy.type).join(", ") ?? "unreadable";
  const state = problems.length > 0 ? red("wrong") : warnings.length > 0 ? yellow("note") : "";
  return [bold(printable(name)), `v${version}`, origin, rules, printable(note), state];
}
