import type { ApprovalView } from "@nofx/core/api";
import { Badge } from "@nofx/ui/primitives/badge";
import { Progress } from "@nofx/ui/primitives/progress";

/** How many have said yes, of how many, and of which groups. */
export function Quorum({ approval }: { approval: ApprovalView }) {
  const { people, quorum, groups } = approval.tally;
  const { veto, escalateTo } = approval.rule;
  if (quorum === 1 && groups.length === 0) return null;
  return (
    <div className="flex flex-col gap-1.5 text-sm">
      <p>
        <strong className="font-medium">{people}</strong> of {quorum}{" "}
        {quorum === 1 ? "person has" : "people have"} said yes
        {veto ? "; one no ends it." : "."}
      </p>
      <Progress
        label="Yeses"
        total={quorum}
        parts={[{ label: "yes", value: Math.min(people, quorum), tone: "good" }]}
      />
      {groups.length > 0 && (
        <ul className="flex flex-wrap gap-1.5">
          {groups.map(({ group, k, have }) => (
            <li key={group}>
              <Badge tone={have >= k ? "good" : "wait"}>
                {group}: {have} of {k}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      {escalateTo !== undefined && (
        <p className="text-xs text-faint">
          {approval.escalated
            ? `${escalateTo} may decide in the place of any group.`
            : `After four fifths of the time ${escalateTo} may decide too.`}
        </p>
      )}
    </div>
  );
}
