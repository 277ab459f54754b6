import type { ApprovalView } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Bot, User } from "lucide-react";

/** On whose behalf it is asked, from the person down to the agent. */
export function Chain({ chain }: { chain: ApprovalView["chain"] }) {
  return (
    <ol className="flex flex-col gap-0.5">
      {chain.map(({ type, name, via }, at) => {
        const Icon = type === "agent" ? Bot : User;
        return (
          <li key={at} className="flex items-center gap-1.5" style={{ paddingLeft: at * 12 }}>
            <Icon aria-label={type} className="size-3.5 shrink-0 text-faint" />
            <span className="min-w-0 break-words">
              <PlainText text={name} /> <span className="text-xs text-faint">{via}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
