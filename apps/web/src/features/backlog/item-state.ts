import type { BacklogItemView } from "@nofx/core/api";
import type { StatusLook } from "@nofx/ui/tokens/status";
import { CheckCircle2, CircleDashed, Clock, Loader, Workflow, XCircle } from "lucide-react";

/** What became of a backlog item, in the looks of everything else. */
export const ITEM_STATE: Record<BacklogItemView["state"], StatusLook> = {
  open: { label: "Open", tone: "neutral", icon: CircleDashed },
  planned: { label: "Planned", tone: "active", icon: Workflow },
  waiting: { label: "Waiting", tone: "wait", icon: Clock },
  running: { label: "Running", tone: "active", icon: Loader },
  done: { label: "Done", tone: "good", icon: CheckCircle2 },
  failed: { label: "Failed", tone: "bad", icon: XCircle },
};

export const ITEM_STATES = Object.keys(ITEM_STATE) as BacklogItemView["state"][];
