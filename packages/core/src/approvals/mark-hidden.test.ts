import { expect, test } from "vitest";
import { hidesSomething, markHidden } from "./mark-hidden.ts";

/** Real tricks: Trojan source, homoglyph spaces, tag smuggling, fillers that are letters to most programs. */
const CORPUS: readonly [string, string, string][] = [
  ["override", "rm \u202etxt.exe", "rm ⟨U+202E⟩txt.exe"],
  ["embedding", "\u202ba\u202c", "⟨U+202B⟩a⟨U+202C⟩"],
  ["isolate", "/*\u2066 } \u2069*/", "/*⟨U+2066⟩ } ⟨U+2069⟩*/"],
  ["marks", "a\u200eb\u200fc\u061cd", "a⟨U+200E⟩b⟨U+200F⟩c⟨U+061C⟩d"],
  [
    "zero width",
    "pay\u200bpal\u200c\u200d\u2060\ufeff",
    "pay⟨U+200B⟩pal⟨U+200C⟩⟨U+200D⟩⟨U+2060⟩⟨U+FEFF⟩",
  ],
  ["soft hyphen", "ad\u00admin", "ad⟨U+00AD⟩min"],
  [
    "controls",
    "a\u0000\u0008\u001b[2K\u007f\u0085",
    "a⟨U+0000⟩⟨U+0008⟩⟨U+001B⟩[2K⟨U+007F⟩⟨U+0085⟩",
  ],
  ["carriage return", "safe\rEVIL", "safe⟨U+000D⟩EVIL"],
  ["line separators", "a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩"],
  [
    "spaces",
    "a\u00a0b\u2003c\u3000d\u202fe\u205ff\u1680",
    "a⟨U+00A0⟩b⟨U+2003⟩c⟨U+3000⟩d⟨U+202F⟩e⟨U+205F⟩f⟨U+1680⟩",
  ],
  ["fillers", "\u115f\u1160\u3164\uffa0\u2800", "⟨U+115F⟩⟨U+1160⟩⟨U+3164⟩⟨U+FFA0⟩⟨U+2800⟩"],
  ["tags", "hi\u{e0069}\u{e007f}", "hi⟨U+E0069⟩⟨U+E007F⟩"],
  ["variation selectors", "a\ufe00b\u{e0100}", "a⟨U+FE00⟩b⟨U+E0100⟩"],
  ["annotation", "\ufff9a\ufffab\ufffb", "⟨U+FFF9⟩a⟨U+FFFA⟩b⟨U+FFFB⟩"],
  ["joiners and vowels", "\u034f\u17b4\u180b\u180e", "⟨U+034F⟩⟨U+17B4⟩⟨U+180B⟩⟨U+180E⟩"],
  ["private and unassigned", "\ue000\u{10fffe}", "⟨U+E000⟩⟨U+10FFFE⟩"],
];

test.each(CORPUS)("%s", (_name, text, marked) => {
  expect(markHidden(text)).toBe(marked);
  expect(hidesSomething({ a: [text] })).toBe(true);
  expect(hidesSomething({ [text]: 1 })).toBe(true);
  // what is marked shows itself whole
  expect(markHidden(marked)).toBe(marked);
});

test.each(["rm -rf dist\n\tnpm pack", "größe 東京 العربية हिन्दी", "🚀 ✔️", "", "a\\nb"])(
  "leaves %j as it is",
  (text) => {
    expect(markHidden(text)).toBe(text);
    expect(hidesSomething(text)).toBe(false);
  },
);

test("a lone surrogate is shown as what it becomes", () => {
  expect(markHidden("a\ud800")).toBe("a\ufffd");
});
