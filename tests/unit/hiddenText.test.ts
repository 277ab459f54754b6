import { markHidden } from "@nofx/core/approvals";
import { expect, test } from "vitest";
import { revealText } from "../../packages/ui/src/blocks/reveal-text.ts";

test("the page marks what notices and the command line mark, all of Unicode over", () => {
  const differs: string[] = [];
  // each where scripts, marks and tags are, and of the rest every so many
  const step = process.env["PROVE"] === "1" ? 1 : 97;
  for (let code = 0; code <= 0x10_ffff; code += code < 0x3_000 || code > 0xe_0000 ? 1 : step) {
    if (code > 0xe_0200 && code % step !== 0) continue;
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const char = String.fromCodePoint(code);
    const onPage = revealText(char).some((part) => "hidden" in part);
    if (onPage !== (markHidden(char) !== char)) differs.push(code.toString(16));
  }
  expect(differs).toEqual([]);
});
