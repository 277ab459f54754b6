import type { OccurrenceView } from "@nofx/core/api";

/** Instants, one a line: as the clock on the wall shows them there, and in UTC. */
export function OccurrenceList({
  occurrences,
  timeZone,
}: {
  occurrences: readonly OccurrenceView[];
  timeZone: string;
}) {
  const same = timeZone === "UTC";
  return (
    <table className="w-full text-left text-xs tabular-nums">
      <thead className="text-faint">
        <tr>
          <th className="py-0.5 pr-4 font-normal">{timeZone}</th>
          {!same && <th className="py-0.5 font-normal">UTC</th>}
        </tr>
      </thead>
      <tbody>
        {occurrences.map(({ at, local }) => (
          <tr key={at}>
            <td className="py-0.5 pr-4 font-mono whitespace-nowrap">{local}</td>
            {!same && (
              <td className="py-0.5 font-mono whitespace-nowrap text-soft">
                {at.slice(0, 19).replace("T", " ")}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
