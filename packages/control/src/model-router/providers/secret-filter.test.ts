import fc from "fast-check";
import { numRuns } from "@nofx/core/testing";
import { expect, test } from "vitest";
import { secretFilter } from "./secret-filter.ts";

const secret = fc.string({ unit: "binary-ascii", minLength: 8, maxLength: 60 });
const around = fc.string({ maxLength: 40 });

/** A text that has the secret in it, in one of the forms in which it may be echoed. */
const echoed = fc
  .tuple(secret, around, around, fc.constantFrom("raw", "hex", "HEX", "base64", "base64url", "url"))
  .map(([key, before, behind, form]) => {
    const whole = Buffer.from(before + key + behind);
    const text = {
      raw: before + key + behind,
      hex: whole.toString("hex"),
      HEX: whole.toString("hex").toUpperCase(),
      base64: whole.toString("base64"),
      base64url: whole.toString("base64url"),
      url: before + encodeURIComponent(key) + behind,
    }[form];
    return { key, text };
  });

/** What of the secret could still be made of a text: anything of 8 of its bytes or more, decoded in any way. */
function readable(text: string, key: string): boolean {
  const decoded = [text, decodeAll(text, "hex"), decodeAll(text, "base64")].join("\n");
  return decoded.includes(key);
}
const decodeAll = (text: string, encoding: "hex" | "base64") =>
  [0, 1, 2, 3].map((from) => Buffer.from(text.slice(from), encoding).toString("latin1")).join("\n");

test("no form of a secret is left in a text", () => {
  fc.assert(
    fc.property(echoed, ({ key, text }) => {
      const clean = secretFilter(key).clean(text);
      expect(clean).toContain("[redacted]");
      expect(readable(clean, key)).toBe(false);
    }),
    numRuns(300),
  );
});

test("however a text is cut into pieces, it comes out as it would whole", () => {
  const cuts = fc.array(fc.nat(200), { maxLength: 12 });
  fc.assert(
    fc.property(echoed, cuts, ({ key, text }, at) => {
      const filter = secretFilter(key);
      const stream = filter.stream();
      const edges = [0, ...at.map((one) => one % (text.length + 1)), text.length].toSorted(
        (a, b) => a - b,
      );
      let out = "";
      for (let i = 1; i < edges.length; i++) out += stream.push(text.slice(edges[i - 1], edges[i]));
      out += stream.end();
      expect(readable(out, key)).toBe(false);
      expect(out).toContain("[redacted]");
    }),
    numRuns(300),
  );
});

test("only what may be a beginning is held back, and nothing is lost", () => {
  const stream = secretFilter("sk-12345678").stream();
  expect(stream.push("plain")).toBe("plain");
  expect(stream.push(" task s")).toBe(" task ");
  expect(stream.push("o")).toBe("so");
  expect(stream.push("sk-1234")).toBe("");
  expect(stream.push("0")).toBe("sk-12340");
  expect(stream.push("sk-")).toBe("");
  expect(stream.end()).toBe("sk-");
});

test("what is no secret, or too short to be one, is left alone", () => {
  expect(secretFilter(null).clean("abc")).toBe("abc");
  expect(secretFilter("abc").clean("abcdef")).toBe("abcdef");
});
