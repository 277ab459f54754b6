"use client";

import type { ComparisonRowView } from "@nofx/core/api";
import { JsonView, PlainText } from "@nofx/ui/blocks/json-view";
import { Fact, KeyValue } from "@nofx/ui/blocks/key-value";
import { Section } from "@nofx/ui/blocks/page-header";
import { LookBadge } from "@nofx/ui/blocks/status-badge";
import type { ReactNode } from "react";
import { OUTCOME, saySeconds } from "./comparison-look.ts";

/** All that is known of one model's answer: why it was refused, what was mended, what differs, and the plan itself. */
export function ModelAnswer({ row }: { row: ComparisonRowView }) {
  if (row.status === "waiting" || row.status === "asking") return null;
  const { usage, differences, document } = row;
  return (
    <Section
      title={<span id={row.model}>{row.model}</span>}
      actions={<LookBadge look={OUTCOME[row.status]} />}
    >
      <div className="flex flex-col gap-3 px-4 py-3">
        {row.error !== null && <p className="text-sm text-bad">{row.error.message}</p>}
        <Lines title="Refused because" lines={row.reasons} />
        <Lines title="Mended" lines={row.repairs} />
        <KeyValue>
          {usage !== null && (
            <Fact name="Tokens">
              {usage.input + usage.cacheRead + usage.cacheWrite} in
              {usage.cacheRead > 0 && ` (${usage.cacheRead} from a cache)`},{" "}
              {usage.output + usage.reasoning} out
              {usage.reasoning > 0 && ` (${usage.reasoning} to reason)`}
            </Fact>
          )}
          {row.price !== null && (
            <Fact name="Price">
              ${row.price.perMillionTokens.input} in, ${row.price.perMillionTokens.output} out a
              million, {row.price.source}
            </Fact>
          )}
          {differences !== null && differences.estimates.items > 0 && (
            <Fact name="Its own guess">
              {saySeconds(differences.estimates.seconds)} of work in {differences.estimates.items}{" "}
              items
            </Fact>
          )}
          {differences !== null && differences.moved.length > 0 && (
            <Fact name="Moved">
              {differences.moved
                .map(({ name, from, to }) => `${name} ${from + 1} → ${to + 1}`)
                .join(", ")}
            </Fact>
          )}
          {differences !== null && differences.changed.length > 0 && (
            <Fact name="Changed">
              {differences.changed
                .map(({ name, fields }) => `${name} (${fields.join(", ")})`)
                .join(", ")}
            </Fact>
          )}
          {document?.note != null && (
            <Fact name="It says">
              <PlainText text={document.note} />
            </Fact>
          )}
        </KeyValue>
        {document !== null && (
          <details>
            <summary className="cursor-pointer text-xs text-soft">The plan as it was read</summary>
            <JsonView value={document} label={`The plan of ${row.model}`} />
          </details>
        )}
      </div>
    </Section>
  );
}

interface Line {
  item: string | null;
  message: string;
}

function Lines({ title, lines }: { title: string; lines: readonly Line[] }): ReactNode {
  if (lines.length === 0) return null;
  return (
    <div>
      <h3 className="text-xs text-faint">{title}</h3>
      <ul className="flex flex-col gap-0.5 text-sm">
        {lines.map(({ item, message }, i) => (
          <li key={i} className="wrap-anywhere">
            {item !== null && (
              <>
                <code className="font-mono text-xs">
                  <PlainText text={item} />
                </code>
                :{" "}
              </>
            )}
            <PlainText text={message} />
          </li>
        ))}
      </ul>
    </div>
  );
}
