import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./theme.css", import.meta.url), "utf8");

function variables(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return new Map(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1] ?? "", m[2] ?? ""]),
  );
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const SURFACES = ["page", "surface", "raised", "muted"];
const TONES = ["neutral", "active", "good", "warn", "bad", "wait", "ended"];
const TEXT_PAIRS = [
  ...["text", "text-soft", "text-faint", "accent"].flatMap((ink) =>
    SURFACES.map((surface) => [ink, surface]),
  ),
  ...TONES.flatMap((tone) => [
    [`tone-${tone}`, `tone-${tone}-soft`],
    ...SURFACES.map((surface) => [`tone-${tone}`, surface]),
  ]),
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["accent", "accent-soft"],
  ["on-danger", "danger-solid"],
  ["on-success", "success-solid"],
];

describe.each([
  ["light", ":root"],
  ["dark", ".dark"],
])("the %s theme", (_name, selector) => {
  const colours = variables(selector);
  const at = (name: string | undefined) => colours.get(name ?? "") ?? "";

  it.each(TEXT_PAIRS)("keeps %s readable on %s", (ink, surface) => {
    expect(contrast(at(ink), at(surface))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SURFACES)("keeps outlines of controls and focus visible on %s", (surface) => {
    expect(contrast(at("line-strong"), at(surface))).toBeGreaterThanOrEqual(
      surface === "muted" ? 2.6 : 2.8,
    );
    expect(contrast(at("focus"), at(surface))).toBeGreaterThanOrEqual(3);
  });
});

it("defines the same colours in both themes", () => {
  expect([...variables(".dark").keys()]).toEqual([...variables(":root").keys()]);
});
