import { RiskLabel, type ItemType } from "../vocabulary/index.ts";
import type { Work } from "./choice.ts";

export const RiskBand = ["low", "normal", "high"] as const;
export type RiskBand = (typeof RiskBand)[number];

/** What outcomes are counted by, from the particular to the general. */
export interface Segment {
  readonly itemType: ItemType | "none";
  readonly risk: RiskBand;
  readonly segment: string;
  readonly capability: string;
  readonly tenant: string;
}

/** High: what cannot be taken back or touches production or secrets, and what is most urgent. Low: what nobody waits for. */
export function riskOf({ labels, priority }: Pick<Work, "labels" | "priority">): RiskBand {
  const risks = labels
    .map((label) => RiskLabel.safeParse(label.replace(/^risk:/, "")))
    .flatMap(({ data }) => (data === undefined ? [] : [data]));
  const grave = risks.some((risk) => risk !== "external");
  if (grave || priority === 1 || labels.includes("risk:high")) return "high";
  if (risks.length === 0 && (priority === 5 || labels.includes("risk:low"))) return "low";
  return "normal";
}

export function segmentOf(
  work: Pick<Work, "capability" | "labels" | "itemType" | "priority">,
): Segment {
  const itemType = work.itemType ?? "none";
  const risk = riskOf(work);
  return {
    itemType,
    risk,
    segment: `${work.capability}/${itemType}/${risk}`,
    capability: work.capability,
    tenant: "*",
  };
}
