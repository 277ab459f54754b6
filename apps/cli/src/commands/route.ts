import { randomUUID } from "node:crypto";
import { readRoutingDocument } from "@nofx/control/routing";
import type { RouteCandidateView, WhatIfResult } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { read } from "../read-input.ts";
import { bold, columns, dim, green, printable } from "../terminal/style.ts";

export interface RouteOptions {
  model?: string;
  policy?: string;
  draft?: string;
  input?: number;
  output?: number;
  can?: string[];
  fact?: string[];
  all?: boolean;
  json?: boolean;
}

/** `nofx route [FILE]`: which model a request would be answered by, and why. Nobody is asked. */
export async function route(file: string | undefined, options: RouteOptions): Promise<void> {
  const request = file === undefined ? needs(options) : readRoutingDocument(await read(file));
  const draft =
    options.draft === undefined ? undefined : readRoutingDocument(await read(options.draft));
  const { api } = await connectRunning("operator");
  const result = await api.whatIf(
    {
      request,
      ...(options.policy !== undefined && { policy: options.policy }),
      ...(draft !== undefined && { draft }),
    },
    randomUUID(),
  );
  if (options.json === true) console.log(JSON.stringify(result));
  else for (const line of linesOf(result, options.all === true)) console.log(line);
  if (!result.ok) throw new Sentence(`${result.code ?? "no route"}: ${result.message}`);
}

function needs({ model, input, output, can, fact = [] }: RouteOptions): object {
  return {
    ...(model !== undefined && { model }),
    ...(input !== undefined && { inputTokens: input }),
    ...(output !== undefined && { maxOutputTokens: output }),
    ...(can !== undefined && { capabilities: can }),
    facts: Object.fromEntries(fact.map(readFact)),
  };
}

function readFact(text: string): [string, string | number | boolean] {
  const at = text.indexOf("=");
  if (at < 1) throw new WrongUsage(`A fact is name=value, not ${text}.`);
  const value = text.slice(at + 1);
  if (value === "true" || value === "false") return [text.slice(0, at), value === "true"];
  const number = Number(value);
  return [text.slice(0, at), value !== "" && Number.isFinite(number) ? number : value];
}

function linesOf({ ok, message, policy, candidates }: WhatIfResult, all: boolean): string[] {
  const shown = candidates.filter(({ place }) => all || place !== "rejected");
  const hidden = candidates.length - shown.length;
  return [
    ...(ok ? [printable(message)] : []),
    ...columns(shown.map(row)),
    ...(hidden > 0 ? [dim(`${hidden} more cannot take it: --all says why.`)] : []),
    dim(
      policy.draft
        ? "By the draft; nobody was asked."
        : `By ${policy.name} v${policy.version}; nobody was asked.`,
    ),
  ];
}

function row(candidate: RouteCandidateView): string[] {
  const { provider, model, region, place, score, estimatedUsd, health, detail } = candidate;
  const id = printable(`${provider}/${model}${region === "default" ? "" : `@${region}`}`);
  return [
    place === "chosen" ? green(place) : dim(place),
    place === "chosen" ? bold(id) : id,
    score === null ? "" : score.toFixed(3),
    estimatedUsd === null ? "" : `$${estimatedUsd}`,
    health,
    printable(detail ?? ""),
  ];
}
