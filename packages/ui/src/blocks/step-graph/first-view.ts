import { NODE_HEIGHT, NODE_WIDTH } from "./place-nodes.ts";

export interface Box {
  x: number;
  y: number;
}

export interface View {
  x: number;
  y: number;
  zoom: number;
}

/** Below this the names in the boxes cannot be read well any more. */
const READABLE = 0.8;
/** Down to this a graph is shown whole all the same: its shape and colours say how it stands. */
const WHOLE = 0.4;
/** On a phone nothing but the whole says anything: one box would fill it. */
const PHONE = { width: 640, whole: 0.15 };
const MARGIN = 24;

function bounds(nodes: readonly Box[]) {
  const xs = nodes.map((node) => node.x);
  const ys = nodes.map((node) => node.y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return {
    left,
    top,
    width: Math.max(...xs) + NODE_WIDTH - left,
    height: Math.max(...ys) + NODE_HEIGHT - top,
  };
}

/** How high a canvas has to be for the graph at full size, within what a page can spare. */
export function canvasHeight(nodes: readonly Box[]): number {
  if (nodes.length === 0) return 200;
  return Math.round(Math.min(520, Math.max(200, bounds(nodes).height + 110)));
}

/**
 * Where a graph is first looked at: whole, unless it is so large that nothing could be told apart; then at a readable size with
 * what matters in the middle, and without empty space beyond its edges.
 */
export function firstView(
  nodes: readonly Box[],
  focus: Box | undefined,
  canvas: { width: number; height: number },
): View {
  if (nodes.length === 0) return { x: 0, y: 0, zoom: 1 };
  const { left, top, width, height } = bounds(nodes);
  const whole = Math.min(
    (canvas.width - 2 * MARGIN) / width,
    (canvas.height - 2 * MARGIN) / height,
    1,
  );
  const least = canvas.width < PHONE.width ? PHONE.whole : WHOLE;
  const zoom = whole >= least ? whole : READABLE;
  return {
    zoom,
    x: along(left, width, focus && focus.x + NODE_WIDTH / 2, canvas.width, zoom),
    y: along(top, height, focus && focus.y + NODE_HEIGHT / 2, canvas.height, zoom),
  };
}

function along(
  start: number,
  length: number,
  focus: number | undefined,
  room: number,
  zoom: number,
): number {
  if (length * zoom <= room - 2 * MARGIN) return (room - length * zoom) / 2 - start * zoom;
  const first = MARGIN - start * zoom;
  if (focus === undefined) return first;
  const last = room - MARGIN - (start + length) * zoom;
  return Math.min(first, Math.max(last, room / 2 - focus * zoom));
}
