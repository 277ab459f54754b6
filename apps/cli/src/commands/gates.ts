import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readRuleDocument, reportBuiltIn, reportRules, type RuleReport } from "@nofx/control/gates";
import type { GateRuleView, OverrideView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { secondPerson } from "../client/decider.ts";
import { Sentence } from "../errors.ts";
import { root } from "../paths.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";
import { read } from "../read-input.ts";

/** Rules that come with the clone, for `npm run gates`. */
const EXAMPLES = join(root, "examples/gates");

export interface OverrideOptions {
  step?: string;
  rule?: string;
  reason: string;
  hours: number;
  json?: boolean;
}

/** `nofx gates test FILE...`: without files the rules of the product and of examples/gates. Needs no server. */
export async function test(files: readonly string[], options: { json?: boolean }): Promise<void> {
  const reports: (RuleReport & { file: string })[] = [];
  if (files.length === 0) {
    reports.push(...reportBuiltIn().map((report) => ({ file: "product", ...report })));
  }
  for (const file of files.length === 0 ? exampleFiles() : files) {
    const text = files.length === 0 ? readFileSync(file, "utf8") : await read(file);
    const found = await reportRules(readRuleDocument(text));
    reports.push(...found.map((report) => ({ file, ...report })));
  }
  const failed = reports.filter(({ ok }) => !ok);
  if (options.json === true) console.log(JSON.stringify(reports));
  else {
    for (const { name, file, wrong } of failed) {
      console.log(`${red("failed")} ${bold(printable(name))} ${dim(printable(file))}`);
      for (const sentence of wrong) console.log(`  ${printable(sentence)}`);
    }
    const examples = reports.reduce((sum, one) => sum + one.examples, 0);
    if (failed.length === 0) {
      console.log(
        green(`${reports.length} rules, ${examples} examples: all come out as they say.`),
      );
    }
  }
  if (failed.length > 0) {
    throw new Sentence(
      `${failed.length} of ${reports.length} rules do not come out as their examples say.`,
    );
  }
}

/** `nofx gates rules`. */
export async function rules(options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const list = await api.gateRules();
  if (options.json === true) return console.log(JSON.stringify(list));
  for (const line of columns(list.items.map(row))) console.log(line);
}

/** `nofx gates save FILE...`: as the admin; a rule that is there and says something else gets its next version. */
export async function save(files: readonly string[]): Promise<void> {
  const { api } = await connectRunning("admin");
  const known = new Map((await api.gateRules()).items.map((rule) => [rule.name, rule.version]));
  let changed = 0;
  for (const file of files) {
    for (const rule of readRuleDocument(await read(file))) {
      const saved = await api.saveGateRule(
        { ...rule, replaces: known.get(rule.name) ?? 0 },
        randomUUID(),
      );
      const unchanged = saved.version === known.get(rule.name);
      if (!unchanged) changed += 1;
      console.log(
        `${bold(printable(saved.name))}: ${unchanged ? dim(`unchanged, version ${saved.version}`) : `version ${saved.version}`}`,
      );
    }
  }
  if (changed === 0) return;
  const { voidPlans } = await api.gateRules();
  if (voidPlans === 0) return;
  console.log(
    yellow(
      `Verdicts by older rules hold no more: ${voidPlans === 1 ? "1 plan has" : `${voidPlans} plans have`} to be planned again before ${voidPlans === 1 ? "it is" : "they are"} executed.`,
    ),
  );
}

/** `nofx gates show PLAN`. */
export async function show(planId: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const gates = await api.gates(planId);
  if (options.json === true) return console.log(JSON.stringify(gates));
  const lifted =
    gates.verdict === gates.effectiveVerdict
      ? ""
      : `, by overrides ${painted(gates.effectiveVerdict)}`;
  console.log(`${painted(gates.verdict)}${lifted}, score ${gates.score}`);
  if (gates.voidBecause !== null) {
    console.log(yellow(`The ${gates.voidBecause} have changed since: plan again.`));
  }
  for (const { gate, verdict, findings } of gates.gates) {
    console.log(`\n${bold(gate)} ${painted(verdict)}`);
    for (const finding of findings) {
      console.log(
        `  ${painted(finding.verdict)} ${printable(finding.reason)} ${dim(`${finding.rule} v${finding.version}`)}`,
      );
      console.log(`    ${dim(printable(finding.tip))}`);
    }
  }
  for (const one of gates.overrides) console.log(`\n${said(one)}`);
}

/** `nofx override PLAN --reason ...`: as the supervisor. */
export async function override(planId: string, options: OverrideOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { rule, step, reason, hours } = options;
  const scope = rule !== undefined ? "rule" : step !== undefined ? "step" : "plan";
  const made = await api.override(
    {
      planId,
      scope,
      reason,
      expiresInHours: hours,
      ...(rule !== undefined && { rule }),
      ...(step !== undefined && { step }),
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(made));
  console.log(said(made));
  if (made.approvalId !== null) {
    console.log(
      `A second person has to approve it: npx nofx --as ${secondPerson()} approvals approve ${made.approvalId}`,
    );
  }
}

/** `nofx gates revoke OVERRIDE`. */
export async function revoke(overrideId: string, options: { reason: string }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  console.log(said(await api.revokeOverride(overrideId, options.reason, randomUUID())));
}

function exampleFiles(): string[] {
  try {
    const names = readdirSync(EXAMPLES).filter((name) => /\.(ya?ml|json)$/.test(name));
    return names.toSorted().map((name) => join(EXAMPLES, name));
  } catch (error) {
    throw new Sentence(`The folder ${EXAMPLES} cannot be read: ${(error as Error).message}.`);
  }
}

function row(rule: GateRuleView): string[] {
  return [
    dim(rule.gate),
    rule.enabled ? painted(rule.verdict) : dim("off"),
    bold(printable(rule.name)),
    `v${rule.version}`,
    rule.hits === 0 ? dim("no hits") : `${rule.hits} of the last 100 plans`,
  ];
}

function said(one: OverrideView): string {
  const about =
    one.scope === "plan"
      ? "the plan"
      : [one.rule, one.step].filter((part) => part !== null).join(", ");
  return `${bold(one.id)} ${one.status}: ${printable(about)}${one.live || one.status === "pending" ? `, until ${one.expiresAt}` : ""}, by ${printable(one.requestedBy)}: ${printable(one.reason)}`;
}

function painted(verdict: string): string {
  return verdict === "block" ? red(verdict) : verdict === "warn" ? yellow(verdict) : green(verdict);
}
