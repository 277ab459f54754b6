import fc from "fast-check";
import { expect, test } from "vitest";
import { keyPlaceText, type KeyPlace } from "./key-place.ts";

const part = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/);
const place: fc.Arbitrary<KeyPlace> = fc.record({
  tenantId: part,
  provider: part,
  keyId: part,
  version: fc.integer({ min: 1, max: 20 }),
});

test("the same place has the same text, another place another", () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      const same =
        a.tenantId === b.tenantId &&
        a.provider === b.provider &&
        a.keyId === b.keyId &&
        a.version === b.version;
      expect(keyPlaceText(a) === keyPlaceText(b)).toBe(same);
    }),
  );
  expect(keyPlaceText({ tenantId: "t", provider: "openai", keyId: "k", version: 2 })).toBe(
    "nofx.key.v1|t|openai|k|2",
  );
});

test("what could be read as another place is none", () => {
  const fine = { tenantId: "t", provider: "p", keyId: "k", version: 1 };
  for (const wrong of [
    { provider: "p|k" },
    { provider: "" },
    { provider: "P" },
    { keyId: "k|1" },
    { tenantId: "t\n" },
    { version: 0 },
    { version: 1.5 },
    { version: Number.NaN },
  ]) {
    expect(() => keyPlaceText({ ...fine, ...wrong })).toThrow(RangeError);
  }
});
