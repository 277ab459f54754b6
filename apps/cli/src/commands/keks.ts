import { randomUUID } from "node:crypto";
import type { KekList, KekView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, columns, dim, green, yellow } from "../terminal/style.ts";

/** `nofx keys keks`. */
export async function list(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("admin");
  const keks = await api.keks();
  if (options.json === true) return console.log(JSON.stringify(keks));
  print(keks);
}

/** `nofx keys rotate-kek`: asks until nothing is left under older versions, or nothing moves. */
export async function rotate(options: { to?: string }): Promise<void> {
  const { api } = await connectRunning("admin");
  let answer = await api.rotateKek(
    options.to === undefined ? {} : { kid: options.to },
    randomUUID(),
  );
  let all = answer.rewrapped;
  while (answer.remaining > 0 && answer.rewrapped > 0) {
    answer = await api.rotateKek({ kid: answer.kid }, randomUUID());
    all += answer.rewrapped;
  }
  console.log(
    `${green("✔")} The vault is written with KEK ${bold(answer.kid)}; ${all} wrapped anew.`,
  );
  if (answer.remaining > 0) {
    console.log(
      yellow(`${answer.remaining} could not be: this server was not given what wraps them.`),
    );
    return;
  }
  const { keks } = await api.keks();
  const idle = keks.filter(({ status }) => status === "previous").map(({ kid }) => kid);
  for (const kid of idle) console.log(dim(`  End the old one: npx nofx keys retire-kek ${kid}`));
}

/** `nofx keys retire-kek`. */
export async function retire(kid: string): Promise<void> {
  const { api } = await connectRunning("admin");
  print(await api.retireKek(kid, randomUUID()));
}

function print({ keks, mayChange }: KekList): void {
  if (!mayChange) throw new Sentence("This is for the admins of a tenant that operates the plane.");
  if (keks.length === 0) console.log("The vault has no KEK: docs/vault.md");
  for (const line of columns(keks.map(row))) console.log(line);
}

const row = ({ kid, status, keys, held, createdAt }: KekView): string[] => [
  bold(kid),
  status === "current" ? green(status) : status,
  `${keys} secrets`,
  held ? "" : dim("not held by this server"),
  dim(createdAt ?? ""),
];
