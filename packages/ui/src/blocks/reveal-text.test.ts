import { expect, it } from "vitest";
import { revealText, stripAnsi } from "./reveal-text.ts";

it("leaves ordinary text alone, line breaks, tabs and emoji included", () => {
  const text = "rm -rf dist\n\tnpm pack 🚀 é";
  expect(revealText(text)).toEqual([{ text }]);
  expect(revealText("")).toEqual([]);
});

it.each([
  ["\u202e", "U+202E", "text direction"],
  ["\u200b", "U+200B", "invisible"],
  ["\u{e0041}", "U+E0041", "invisible tag"],
  ["\u0007", "U+0007", "control character"],
  ["\u00a0", "U+00A0", "no-break space"],
])("marks %j", (char, hidden, name) => {
  expect(revealText(`a${char}b`)).toEqual([{ text: "a" }, { hidden, name }, { text: "b" }]);
});

it("takes colours, cursor movement and titles out of log lines", () => {
  expect(stripAnsi("\u001b[32mok\u001b[0m \u001b]0;title\u0007done\u001b[2K")).toBe("ok done");
});
