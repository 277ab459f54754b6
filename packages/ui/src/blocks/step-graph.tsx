"use client";

import {
  Background,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type NodeChange,
  Panel,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useMemo, useRef, useState } from "react";
import { cn } from "../cn.ts";
import type { StatusLook, Tone } from "../tokens/status.ts";
import { canvasHeight, firstView } from "./step-graph/first-view.ts";
import { limitNodes } from "./step-graph/limit-nodes.ts";
import { NODE_HEIGHT, NODE_WIDTH, placeNodes } from "./step-graph/place-nodes.ts";
import { type StepFlowNode, StepNode, type StepNodeData } from "./step-graph/step-node.tsx";

export interface GraphStep {
  /** The step's name: edges and selection go by it. */
  id: string;
  title: string;
  kind: StepNodeData["kind"];
  look: StatusLook;
  needs: readonly string[];
  x: number;
  y: number;
  sensitive: boolean;
  /** On the critical path of its plan. */
  critical?: boolean;
  /** What is new about it since another version, in a word. */
  mark?: string | undefined;
  percent?: number | null;
  /** Set on a step that takes the effect of another back: that step's name. */
  undoes?: string | undefined;
  /** Its result was taken over from an earlier run. */
  kept?: boolean;
}

const NODE_TYPES = { step: StepNode };

/** What a reader looks for first: what runs, what waits, what went wrong or was warned of. */
const FOCUS_TONES: ReadonlySet<Tone> = new Set<Tone>(["active", "wait", "bad", "warn"]);

const ARIA_LABELS = {
  "node.a11yDescription.default":
    "Press enter or space to open the step, escape to close it, t for the table.",
  "node.a11yDescription.keyboardDisabled":
    "Press enter or space to open the step, escape to close it, t for the table.",
  "edge.a11yDescription.default": "The second step needs the first.",
  "controls.ariaLabel": "Zoom",
  "controls.zoomIn.ariaLabel": "Zoom in",
  "controls.zoomOut.ariaLabel": "Zoom out",
  "controls.fitView.ariaLabel": "Show all",
};

function toFlow(steps: readonly GraphStep[], selected: string | undefined) {
  const drawn = placeNodes(limitNodes(steps, selected));
  const shown = new Set(drawn.map((step) => step.id));
  const chosen = drawn.find((step) => step.id === selected);
  const near = new Set(
    chosen === undefined
      ? []
      : [
          chosen.id,
          ...chosen.needs,
          ...drawn.filter((step) => step.needs.includes(chosen.id)).map((step) => step.id),
        ],
  );
  const nodes: StepFlowNode[] = drawn.map((step) => ({
    id: step.id,
    type: "step",
    position: { x: step.x, y: step.y },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    selected: step.id === selected,
    ariaLabel: `${step.id}: ${step.look.label}. ${step.undoes === undefined ? step.title : `Undoes ${step.undoes}`}${step.sensitive ? ". Sensitive" : ""}${step.critical ? ". On the critical path" : ""}${step.mark === undefined ? "" : `. ${step.mark}`}${step.kept ? ". Taken over from an earlier run" : ""}`,
    data: {
      name: step.id,
      title: step.title,
      kind: step.kind,
      look: step.look,
      sensitive: step.sensitive,
      critical: step.critical ?? false,
      mark: step.mark,
      percent: step.percent ?? null,
      undoes: step.undoes,
      kept: step.kept ?? false,
      dimmed: near.size > 0 && !near.has(step.id),
    },
  }));
  const edges: Edge[] = drawn.flatMap((step) =>
    step.needs
      .filter((need) => shown.has(need))
      .map((need) => {
        const lit = step.id === selected || need === selected;
        return {
          id: `${need}→${step.id}`,
          source: need,
          target: step.id,
          focusable: false,
          selectable: false,
          markerEnd: {
            type: MarkerType.ArrowClosed,
            width: 14,
            height: 14,
            color: lit ? "var(--accent)" : "var(--line-strong)",
          },
          style: {
            stroke: lit ? "var(--accent)" : "var(--line-strong)",
            strokeWidth: lit ? 1.75 : 1.1,
          },
        };
      }),
  );
  return { nodes, edges };
}

/**
 * Steps and what they need, at the coordinates stored with the plan: positions never move while a run goes on. Every
 * node takes focus; `t` inside the graph asks for the table.
 */
export function StepGraph({
  steps,
  total = steps.length,
  selected,
  onSelect,
  onTable,
  label,
  className,
}: {
  steps: readonly GraphStep[];
  /** How many there are in all, when these are only the first of them. */
  total?: number;
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  onTable?: () => void;
  label: string;
  className?: string;
}) {
  const { nodes, edges } = useMemo(() => toFlow(steps, selected), [steps, selected]);
  const hidden = total - nodes.length;
  const canvas = useRef<HTMLDivElement>(null);
  const [isCut, setIsCut] = useState(false);
  const height = useMemo(() => canvasHeight(nodes.map((node) => node.position)), [nodes]);

  function onNodesChange(changes: NodeChange<StepFlowNode>[]) {
    const picked = changes.find((change) => change.type === "select" && change.selected);
    if (picked?.type === "select") onSelect(picked.id);
  }

  return (
    <div
      ref={canvas}
      role="group"
      aria-label={label}
      style={{ height }}
      className={cn("overflow-hidden rounded-md bg-page", className)}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodesChange={onNodesChange}
        onKeyDown={(event) => {
          if (event.key === "Escape") onSelect(undefined);
          if (event.key === "t" && !event.metaKey && !event.ctrlKey && !event.altKey) onTable?.();
        }}
        onPaneClick={() => onSelect(undefined)}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        multiSelectionKeyCode={null}
        selectionKeyCode={null}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        onInit={(flow) => {
          const size = canvas.current?.getBoundingClientRect();
          if (!size) return;
          const focus =
            nodes.find((node) => node.selected) ??
            nodes.find((node) => FOCUS_TONES.has(node.data.look.tone)) ??
            nodes[0];
          const boxes = nodes.map((node) => node.position);
          const view = firstView(boxes, focus?.position, size);
          const right = Math.max(...boxes.map((box) => box.x + NODE_WIDTH)) * view.zoom + view.x;
          setIsCut(view.x < 0 || right > size.width);
          void flow.setViewport(view);
        }}
        fitViewOptions={{ padding: 0.08, maxZoom: 1 }}
        attributionPosition="top-right"
        minZoom={0.15}
        maxZoom={1.5}
        onlyRenderVisibleElements={nodes.length > 80}
        ariaLabelConfig={ARIA_LABELS}
      >
        <Background color="var(--line)" gap={20} size={1} />
        <Controls
          showInteractive={false}
          className="overflow-hidden rounded-md border border-line bg-raised shadow-card [&_button]:flex [&_button]:size-7 [&_button]:items-center [&_button]:justify-center [&_button]:border-b [&_button]:border-line [&_button]:text-soft [&_button]:last:border-b-0 [&_button:hover]:bg-muted [&_svg]:size-3 [&_svg]:fill-current"
        />
        {isCut && (
          <MiniMap<StepFlowNode>
            pannable
            ariaLabel="Map of the whole graph"
            bgColor="var(--raised)"
            maskColor="color-mix(in srgb, var(--page) 70%, transparent)"
            nodeColor={(node) => `var(--tone-${node.data.look.tone})`}
            nodeBorderRadius={12}
            className="overflow-hidden rounded-md border border-line !m-2"
            style={{ width: 168, height: 64 }}
          />
        )}
        {hidden > 0 && (
          <Panel
            position="top-left"
            className="rounded-md bg-raised px-2 py-1 text-xs text-soft shadow-card"
          >
            {nodes.length} of {total.toLocaleString("en")} steps drawn, those nearest to{" "}
            {selected ?? "the beginning"}.{" "}
            {onTable && (
              <button type="button" className="text-accent underline" onClick={onTable}>
                The table has all
              </button>
            )}
          </Panel>
        )}
      </ReactFlow>
    </div>
  );
}
