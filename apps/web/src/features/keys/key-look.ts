import type { KeyAction } from "@nofx/core/api";
import {
  CircleAlert,
  Flame,
  KeyRound,
  type LucideIcon,
  Package,
  RefreshCw,
  Trash2,
} from "lucide-react";

type Look = {
  label: string;
  tone: "neutral" | "good" | "bad" | "wait" | "active";
  icon: LucideIcon;
};

/** Total: an action without a look does not compile. */
export const ACTION_LOOK: Record<KeyAction, Look> = {
  put: { label: "Put there", tone: "good", icon: KeyRound },
  rotated: { label: "Rotated", tone: "active", icon: RefreshCw },
  retired: { label: "Retired", tone: "wait", icon: Trash2 },
  destroyed: { label: "Old version destroyed", tone: "neutral", icon: Flame },
  used: { label: "Used", tone: "neutral", icon: KeyRound },
  refused: { label: "Refused", tone: "bad", icon: CircleAlert },
  rewrapped: { label: "Wrapped anew", tone: "neutral", icon: Package },
};

const WHY: Record<string, string> = {
  gone: "nothing that can be opened is stored",
  changed: "what is stored is not what was put there",
  kek_unknown: "this process was not given what opens it",
  kek_retired: "it is wrapped by a retired KEK",
  not_opened: "it does not belong where it is stored",
};

/** What it was used for; of a refusal, why. */
export function purposeOf(entry: { action: string; purpose: string }): string {
  return entry.action === "refused" ? (WHY[entry.purpose] ?? entry.purpose) : entry.purpose;
}
