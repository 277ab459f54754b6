import { readFileSync } from "node:fs";
import { RouteRequestInput, toRouteRequest } from "@nofx/core/api";
import type { TrafficCall } from "@nofx/core/model-router/replay";
import { z } from "zod";

/** A line of recorded traffic: what was asked, and when. */
const Line = z.object({ at: z.iso.datetime({ offset: true }), request: RouteRequestInput });

/** Reads JSON lines. Throws with the number of the line that cannot be read. */
export function readTraffic(file: string): TrafficCall[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((text, i): TrafficCall[] => {
    if (text.trim() === "") return [];
    const line = Line.safeParse(parse(text));
    if (!line.success) {
      const [issue] = line.error.issues;
      throw new Error(`${file}:${i + 1}: ${issue?.path.join(".")} ${issue?.message}`);
    }
    const { at, request } = line.data;
    const read = toRouteRequest(request);
    return [{ at: Date.parse(at), request: { callKey: `line-${i + 1}`, ...read } }];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
