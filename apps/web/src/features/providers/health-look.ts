import type { ModelHealthView, ProviderView } from "@nofx/core/api";
import type { StatusLook } from "@nofx/ui/tokens/status";
import { CircleDot, CircleSlash, KeyRound } from "lucide-react";

/** Whether a provider can be called. */
export function providerLook({
  enabled,
  missing,
}: Pick<ProviderView, "enabled" | "missing">): StatusLook {
  if (!enabled) return { label: "Off", tone: "ended", icon: CircleSlash };
  return missing === "key"
    ? { label: "No key", tone: "neutral", icon: KeyRound }
    : { label: "On", tone: "good", icon: CircleDot };
}

/** What the hour was, in a sentence. */
export function sayHour({ minutes }: Pick<ModelHealthView, "minutes">): string {
  const sum = (of: "calls" | "failed" | "rateLimited") =>
    minutes.reduce((total, minute) => total + minute[of], 0);
  const calls = sum("calls");
  const parts = [
    sum("failed") > 0 ? `${sum("failed").toLocaleString("en")} failed` : "",
    sum("rateLimited") > 0 ? `${sum("rateLimited").toLocaleString("en")} told to wait` : "",
  ].filter((part) => part !== "");
  const told = `${calls.toLocaleString("en")} ${calls === 1 ? "call" : "calls"} in 60 minutes`;
  return parts.length === 0 ? `${told}, none failed` : `${told}, ${parts.join(", ")}`;
}
