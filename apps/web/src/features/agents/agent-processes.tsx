import type { AgentDetail } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";

/** Which processes of it are there, and which versions of its code have introduced themselves. */
export function AgentProcesses({ agent }: { agent: AgentDetail }) {
  if (agent.runners.length === 0 && agent.versions.length === 0) {
    return (
      <p className="px-3 py-3 text-sm text-faint">
        No process of it was ever heard of. Issue it a key and start it with the SDK.
      </p>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line text-sm">
        {agent.runners.map((runner) => (
          <li key={runner.runner} className="flex flex-wrap items-center gap-2 px-3 py-2">
            <code className="font-mono text-xs break-all">{runner.runner}</code>
            {runner.online ? <Badge tone="good">here</Badge> : <Badge>gone</Badge>}
            <span className="ml-auto text-xs text-faint tabular-nums">
              {runner.busy} of {runner.slots} · <RelativeTime at={runner.lastSeenAt} />
            </span>
          </li>
        ))}
      </ul>
      <ul className="divide-y divide-line border-t border-line text-sm">
        {agent.versions.map((version) => (
          <li key={version.version} className="flex flex-col gap-1 px-3 py-2">
            <span className="flex flex-wrap items-center gap-2">
              <code className="font-mono text-xs break-all">{version.version}</code>
              {version.version === agent.version && <Badge>newest</Badge>}
              <span className="ml-auto text-xs text-faint">
                since <RelativeTime at={version.introducedAt} />
              </span>
            </span>
            {version.notAllowed.length > 0 && (
              <span className="text-xs text-warn">
                Has code for {version.notAllowed.join(", ")}, which is not listed for it.
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
