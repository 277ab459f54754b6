import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const demo = resolve(import.meta.dirname, "../../../examples/release-train/backlog.yaml");

/** The demo's backlog under another name, its soak cut to a second. */
export function releaseTrain(pack: string): string {
  return readFileSync(demo, "utf8")
    .replace("pack: release-train", `pack: ${pack}`)
    .replace(/SOAK_SECONDS: "\d+"/, 'SOAK_SECONDS: "1"');
}

export interface Item {
  id: string;
  [key: string]: unknown;
}

/** A step that ends at once. */
export function quick(id: string, more: Record<string, unknown> = {}): Item {
  return {
    id,
    title: `Do ${id}`,
    kind: "shell",
    with: { script: ":" },
    owner: "us",
    ...more,
  };
}

/** A step that asks people while the run is under way. */
export function question(id: string, asks: string, more: Record<string, unknown> = {}): Item {
  return { id, title: `Ask about ${id}`, kind: "approval", with: { question: asks }, ...more };
}

export function backlog(pack: string, items: readonly Item[]): string {
  return JSON.stringify({ version: 1, pack, items });
}
