import type { OverrideStatus } from "@nofx/core/vocabulary";
import type { StatusLook } from "@nofx/ui/tokens/status";
import { Ban, CircleCheck, CircleSlash, Clock, Hand, TimerOff } from "lucide-react";

export const OVERRIDE_STATUS: Record<OverrideStatus, StatusLook> = {
  pending: { label: "Waits for a second person", tone: "wait", icon: Hand },
  active: { label: "In force", tone: "warn", icon: CircleCheck },
  refused: { label: "Refused", tone: "ended", icon: Ban },
  lapsed: { label: "Not answered", tone: "ended", icon: Clock },
  revoked: { label: "Revoked", tone: "ended", icon: Ban },
  expired: { label: "Expired", tone: "ended", icon: TimerOff },
  void: { label: "Void", tone: "ended", icon: CircleSlash },
};
