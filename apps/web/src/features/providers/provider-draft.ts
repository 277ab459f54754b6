import type { ProviderView } from "@nofx/core/api";
import type { RouterInputs } from "#server/root.ts";

export type ProviderInput = RouterInputs["providers"]["set"];

export interface ProviderDraft {
  name: string;
  region: string;
  title: string;
  kind: ProviderInput["kind"];
  baseUrl: string;
  keyName: string;
  headers: string;
  probe: boolean;
}

export const KINDS: readonly ProviderInput["kind"][] = [
  "openai_compatible",
  "openai",
  "anthropic",
  "google",
  "mistral",
];

/** What a form begins with. */
export function providerDraftOf(provider: ProviderView | undefined): ProviderDraft {
  const kind = provider?.kind ?? "openai_compatible";
  return {
    name: provider?.name ?? "",
    region: provider?.region ?? "default",
    title: provider?.title ?? "",
    kind: kind === "simulated" ? "openai_compatible" : kind,
    baseUrl: provider?.baseUrl ?? "",
    keyName: provider === undefined ? "default" : (provider.keyName ?? ""),
    headers: Object.entries(provider?.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    probe: provider?.probe ?? false,
  };
}

/** One header a line, `name: value`. */
export function readHeaders(text: string): { value: Record<string, string> } | { problem: string } {
  const value: Record<string, string> = {};
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf(":");
    if (at < 1) return { problem: `Line ${i + 1} is not "name: value".` };
    value[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { value };
}
