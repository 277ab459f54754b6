import type { StepKind } from "@nofx/core/vocabulary";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import {
  Bot,
  CopyCheck,
  Globe,
  Hand,
  Hourglass,
  Lock,
  type LucideIcon,
  Route,
  SquareTerminal,
  Undo2,
  Users,
} from "lucide-react";
import { cn } from "../../cn.ts";
import { type StatusLook, TONE_BORDER, TONE_FILL, TONE_TEXT } from "../../tokens/status.ts";

export interface StepNodeData extends Record<string, unknown> {
  name: string;
  title: string;
  kind: StepKind | "wait";
  look: StatusLook;
  sensitive: boolean;
  critical: boolean;
  mark: string | undefined;
  percent: number | null;
  undoes: string | undefined;
  kept: boolean;
  dimmed: boolean;
}

export type StepFlowNode = Node<StepNodeData, "step">;

export const KIND_ICON: Record<StepNodeData["kind"], LucideIcon> = {
  shell: SquareTerminal,
  approval: Hand,
  agent: Bot,
  http: Globe,
  wait: Hourglass,
  session: Users,
};

const HANDLE = "!size-1 !min-w-0 !border-0 !bg-transparent";

export function StepNode({ data, selected }: NodeProps<StepFlowNode>) {
  const undo = data.undoes !== undefined;
  const Kind = undo ? Undo2 : (KIND_ICON[data.kind] ?? Hourglass);
  const Status = data.look.icon;
  return (
    <div
      className={cn(
        "relative flex h-full w-full items-center gap-2 overflow-hidden rounded-md border bg-raised pr-2 pl-3 shadow-card transition-opacity",
        TONE_BORDER[data.look.tone],
        undo && "border-dashed bg-page",
        selected && "ring-2 ring-accent",
        data.dimmed && "opacity-45",
      )}
    >
      <span className={cn("absolute inset-y-0 left-0 w-1", TONE_FILL[data.look.tone])} />
      <Handle type="target" position={Position.Left} isConnectable={false} className={HANDLE} />
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-1 text-xs font-medium">
          <Kind aria-hidden className={cn("size-3 shrink-0", undo ? "text-warn" : "text-faint")} />
          <span className="truncate">{data.name}</span>
          {data.sensitive && <Lock aria-hidden className="size-3 shrink-0 text-wait" />}
          {data.critical && <Route aria-hidden className="size-3 shrink-0 text-warn" />}
          {data.kept && <CopyCheck aria-hidden className="size-3 shrink-0 text-faint" />}
        </span>
        <span className="block truncate text-2xs text-faint">
          {data.mark !== undefined && (
            <span className="mr-1 rounded bg-accent-soft px-1 text-accent">{data.mark}</span>
          )}
          {undo ? `undoes ${data.undoes}` : data.title}
        </span>
      </span>
      <Status
        aria-hidden
        className={cn(
          "size-4 shrink-0",
          TONE_TEXT[data.look.tone],
          data.look.label === "Running" && "animate-spin [animation-duration:2.4s]",
        )}
      />
      {data.percent !== null && (
        <span className="absolute inset-x-0 bottom-0 h-0.5 bg-muted">
          <span
            className="block h-full bg-active transition-[width] duration-300"
            style={{ width: `${Math.min(100, Math.max(0, data.percent))}%` }}
          />
        </span>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} className={HANDLE} />
    </div>
  );
}
