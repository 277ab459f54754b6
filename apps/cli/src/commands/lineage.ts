import type { LineageView } from "@nofx/core/api";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence } from "../errors.ts";
import { bold, bytes, dim, printable } from "../terminal/style.ts";

/** `nofx lineage ITEM`. */
export async function lineage(given: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const found = given.startsWith("artifact_")
    ? await api.artifactLineage(given)
    : await api.itemLineage(await itemOf(api, given));
  if (options.json === true) return console.log(JSON.stringify(found));
  for (const line of say(found)) console.log(line);
}

async function itemOf(api: Api, given: string): Promise<string> {
  if (given.startsWith("item_")) return given;
  // as it is printed: pack/key, or the key alone; neither has a slash in it
  const [pack, key] = given.includes("/") ? given.split("/", 2) : [undefined, given];
  const named = pack === undefined ? {} : { pack };
  const { items } = await api.backlog({ search: key ?? "", limit: 200, ...named });
  const exact = items.filter((item) => item.key === key);
  if (exact[0] === undefined)
    throw new Sentence(`There is no item "${printable(given)}" in the backlog.`);
  if (exact.length > 1) {
    const names = exact.map((item) => `  ${printable(item.pack)}/${printable(item.key)}`);
    throw new Sentence(
      [`Several packs have an item "${printable(given)}". Name one:`, ...names].join("\n"),
    );
  }
  return exact[0].id;
}

function say({ item, plans, task, spend }: LineageView): string[] {
  const lines: string[] = [];
  if (item !== null)
    lines.push(`${bold(printable(item.title))} ${dim(`${item.pack}/${item.key}`)}`);
  if (item !== null && plans.length === 0) lines.push("  in no plan yet");
  for (const plan of plans) {
    lines.push(
      `  plan version ${plan.version}: ${plan.status}, verdict ${plan.verdict}, by ${printable(plan.createdBy)} ${plan.createdAt} ${dim(plan.id)}`,
    );
    for (const { gate, findings, verdict } of plan.gates) {
      if (findings.length === 0 && verdict !== "allow")
        lines.push(`    gate ${gate}: ${verdict}, because of others`);
      for (const one of findings)
        lines.push(`    gate ${gate}: ${one.verdict}: ${printable(one.reason)}`);
    }
    for (const approval of plan.approvals) {
      lines.push(`    approval "${printable(approval.title)}": ${approval.status}`);
      for (const one of approval.decisions)
        lines.push(`      ${printable(one.by)}: ${one.decision} ${one.at}`);
    }
    for (const run of plan.runs) lines.push(...sayRun(run));
  }
  if (task !== null) lines.push("  a task", ...sayRun(task));
  lines.push(
    `  spend: ${spend === null ? "none recorded" : `${spend.costUsd ?? "?"} USD, ${spend.tokens ?? "?"} tokens`}`,
  );
  return lines;
}

function sayRun(run: LineageView["plans"][number]["runs"][number]): string[] {
  return [
    `    run ${run.status} ${run.createdAt} ${dim(run.id)}`,
    ...run.steps.flatMap((step) => [
      `      step ${printable(step.name)}: ${step.status}, ${step.attempts} attempts`,
      ...step.artifacts.map(
        (one) => `        ${printable(one.name)} ${bytes(one.size)} ${dim(one.id)}`,
      ),
    ]),
  ];
}
