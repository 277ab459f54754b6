import type { AgentCapabilityView } from "@nofx/core/api";
import { formatDuration } from "@nofx/ui/hooks/format-time";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import { sayUsd } from "#shell/say-usd.ts";
import { contradicts, sayRate } from "./say-agent.ts";

/** What its author declares beside what was measured, with the evidence. */
export function CapabilityTable({
  capabilities,
}: {
  capabilities: readonly AgentCapabilityView[];
}) {
  return (
    <ul className="divide-y divide-line">
      {capabilities.map((one) => (
        <Capability key={one.capability} of={one} />
      ))}
    </ul>
  );
}

function Capability({ of: one }: { of: AgentCapabilityView }) {
  const { declared, measured, evidence } = one;
  const duration = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? "–" : formatDuration(ms);
  const schemas = [
    ["What it takes", one.inputSchema],
    ["What it gives", one.outputSchema],
  ] as const;
  return (
    <li className="flex flex-col gap-2 px-3 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-mono text-sm font-medium break-all">{one.capability}</h3>
        {one.title !== null && <span className="text-sm text-soft">{one.title}</span>}
        {declared.proficiencyLevel !== null && (
          <Badge>proficiency {declared.proficiencyLevel}</Badge>
        )}
        {contradicts(one) && <Badge tone="warn">measured otherwise than declared</Badge>}
      </div>
      <table className="w-full max-w-xl text-sm tabular-nums">
        <thead className="text-left text-xs text-faint">
          <tr>
            <th className="font-normal" scope="col">
              <span className="sr-only">Where it is from</span>
            </th>
            <th className="font-normal" scope="col">
              Success
            </th>
            <th className="font-normal" scope="col">
              Takes
            </th>
            <th className="font-normal" scope="col">
              Costs
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th className="text-left text-xs font-normal text-faint" scope="row">
              Declared
            </th>
            <td>{sayRate(declared.successRate)}</td>
            <td>{duration(declared.averageLatencyMs)}</td>
            <td>{sayUsd(declared.costPerOperation)}</td>
          </tr>
          <tr>
            <th className="text-left text-xs font-normal text-faint" scope="row">
              Measured
            </th>
            <td>
              {sayRate(measured?.successRate ?? null)}
              {measured !== null && (
                <span className="block text-xs text-faint">
                  {sayRate(measured.low)} to {sayRate(measured.high)}
                </span>
              )}
            </td>
            <td>{duration(measured?.averageLatencyMs)}</td>
            <td>{sayUsd(measured?.costPerOperation ?? null)}</td>
          </tr>
        </tbody>
      </table>
      <p className="text-xs text-faint">
        {evidence.samples === 0 ? (
          "Nothing was measured yet: what is declared is what goes."
        ) : (
          <>
            {evidence.successes.toLocaleString("en")} of {evidence.samples.toLocaleString("en")}{" "}
            attempts succeeded
            {evidence.since !== null && (
              <>
                {" "}
                since <RelativeTime at={evidence.since} />
              </>
            )}
            {measured !== null && `; measured by the newest ${measured.samples}`}.
          </>
        )}
      </p>
      {schemas.map(
        ([title, schema]) =>
          schema !== null && (
            <details key={title} className="text-xs text-soft">
              <summary className="cursor-pointer">{title}</summary>
              <JsonView value={schema} label="JSON Schema" className="mt-1" />
            </details>
          ),
      )}
    </li>
  );
}
