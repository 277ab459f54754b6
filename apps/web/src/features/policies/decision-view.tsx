"use client";

import type { RouteCandidateView, WhatIfResult } from "@nofx/core/api";
import { Callout } from "@nofx/ui/blocks/callout";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import { Badge } from "@nofx/ui/primitives/badge";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { CircleAlert, CircleCheck } from "lucide-react";
import { HEALTH_LOOK } from "#shell/health-look.ts";

const PLACE = {
  chosen: { label: "Chosen", tone: "good" },
  fallback: { label: "Stands in", tone: "neutral" },
  behind: { label: "Could too", tone: "ended" },
  rejected: { label: "Cannot", tone: "ended" },
} as const;

/** The decision in a sentence, and every candidate with its scores or with what it lacks. */
export function DecisionView({ result }: { result: WhatIfResult }) {
  const { ok, code, message, policy, request, candidates, digest } = result;
  return (
    <div className="flex flex-col gap-3">
      <Callout
        tone={ok ? "good" : "bad"}
        icon={ok ? CircleCheck : CircleAlert}
        title={ok ? "There is a route" : `No route: ${code?.replaceAll("_", " ") ?? ""}`}
      >
        {message}
      </Callout>
      <p className="text-xs text-soft">
        By {policy.draft ? "this draft" : `${policy.name} v${policy.version}`} ({policy.engine}).
        Read as: {request.capabilities.join(", ")}; {request.inputTokens.toLocaleString("en")}{" "}
        tokens in, up to {request.maxOutputTokens.toLocaleString("en")} out.{" "}
        <span className="font-mono text-2xs text-faint" title={digest}>
          {digest.slice(0, 12)}
        </span>
      </p>
      <Table aria-label="Candidates">
        <THead>
          <Tr>
            <Th>Candidate</Th>
            <Th>Place</Th>
            <Th className="hidden text-right sm:table-cell">Score</Th>
            <Th className="hidden md:table-cell">Made of</Th>
            <Th className="hidden text-right sm:table-cell">About</Th>
            <Th>Health, or what it lacks</Th>
          </Tr>
        </THead>
        <TBody>
          {candidates.map((candidate) => (
            <CandidateRow
              key={`${candidate.provider}/${candidate.model}@${candidate.region}`}
              candidate={candidate}
            />
          ))}
        </TBody>
      </Table>
    </div>
  );
}

function CandidateRow({ candidate }: { candidate: RouteCandidateView }) {
  const { provider, model, region, place, score, parts, estimatedUsd, health, detail } = candidate;
  const { label, tone } = PLACE[place];
  return (
    <Tr className={place === "rejected" ? "text-soft" : ""}>
      <Td className="min-w-40">
        <span className="font-medium break-all">
          {provider}/{model}
        </span>
        {region !== "default" && <span className="block text-xs text-soft">{region}</span>}
      </Td>
      <Td>
        <Badge tone={tone}>{label}</Badge>
      </Td>
      <Td className="hidden text-right tabular-nums sm:table-cell">{score?.toFixed(3)}</Td>
      <Td className="hidden text-xs whitespace-nowrap text-soft tabular-nums md:table-cell">
        {parts !== null && <Parts parts={parts} />}
      </Td>
      <Td className="hidden text-right text-xs tabular-nums sm:table-cell">
        {estimatedUsd !== null && `$${estimatedUsd}`}
      </Td>
      <Td className="text-xs">{detail ?? <LookBadge look={HEALTH_LOOK[health]} />}</Td>
    </Tr>
  );
}

function Parts({ parts }: { parts: NonNullable<RouteCandidateView["parts"]> }) {
  const told = (["cost", "latency", "quality", "reliability"] as const).map(
    (of) => `${of} ${parts[of]?.toFixed(2) ?? "?"}`,
  );
  return <>{told.join(" · ")}</>;
}
