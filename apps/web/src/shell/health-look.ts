import type { ModelHealthView } from "@nofx/core/api";
import type { StatusLook } from "@nofx/ui/tokens/status";
import { CircleDot, HeartPulse, TriangleAlert, Unplug } from "lucide-react";

/** How a model at a provider stands, as colour, icon and word. */
export const HEALTH_LOOK: Record<ModelHealthView["state"], StatusLook> = {
  healthy: { label: "Healthy", tone: "good", icon: HeartPulse },
  degraded: { label: "Degraded", tone: "warn", icon: TriangleAlert },
  half_open: { label: "Being tried", tone: "wait", icon: CircleDot },
  open: { label: "Left alone", tone: "bad", icon: Unplug },
};
