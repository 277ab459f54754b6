import fc from "fast-check";
import { expect, test } from "vitest";
import { numRuns } from "@nofx/core/testing";
import { AddressRefused } from "./address-refused.ts";
import { checkUrl } from "./check-url.ts";

const nothing = new Set<string>();
const byte = fc.integer({ min: 0, max: 255 });

/** Any IPv4 address of a range that is not public, as a number. */
const inside = fc
  .tuple(
    fc.constantFrom<[number, number]>(
      [0x00000000, 8],
      [0x0a000000, 8],
      [0x64400000, 10],
      [0x7f000000, 8],
      [0xa9fe0000, 16],
      [0xac100000, 12],
      [0xc0000000, 24],
      [0xc0a80000, 16],
      [0xc6120000, 15],
      [0xe0000000, 4],
      [0xf0000000, 4],
    ),
    fc.tuple(byte, byte, byte, byte),
  )
  .map(([[base, bits], bytes]) => {
    const any = bytes.reduce((sum, one) => sum * 256 + one, 0);
    return base + (any % 2 ** (32 - bits));
  });

const bytesOf = (address: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
const hex = (address: number) => address.toString(16).padStart(8, "0");
const halves = (address: number) => `${hex(address).slice(0, 4)}:${hex(address).slice(4)}`;

/** The ways to write one address. */
const FORMS: ((address: number) => string)[] = [
  (address) => bytesOf(address).join("."),
  (address) => `${bytesOf(address).join(".")}.`,
  (address) => String(address),
  (address) => `0x${hex(address)}`,
  (address) => `0${address.toString(8)}`,
  (address) =>
    bytesOf(address)
      .map((one) => `0x${one.toString(16)}`)
      .join("."),
  (address) =>
    bytesOf(address)
      .map((one) => `0${one.toString(8)}`)
      .join("."),
  (address) => `${Math.floor(address / 2 ** 24)}.${address % 2 ** 24}`,
  (address) => `[::ffff:${bytesOf(address).join(".")}]`,
  (address) => `[::ffff:${halves(address)}]`,
  (address) => `[::${halves(address)}]`,
  (address) => `[64:ff9b::${halves(address)}]`,
  (address) => `[2002:${halves(address)}::1]`,
];

test("no way to write an address from inside gets past", () => {
  fc.assert(
    fc.property(inside, fc.constantFrom(...FORMS), (address, form) => {
      expect(() => checkUrl(`http://${form(address)}:8080/`, nothing)).toThrow(AddressRefused);
    }),
    numRuns(10_000),
  );
});

test("public ones do, however they are written in IPv4", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0x08000000, max: 0x08ffffff }), fc.nat(7), (address, form) => {
      const url = checkUrl(`https://${FORMS[form]?.(address)}/`, nothing);
      expect(url.hostname).toBe(bytesOf(address).join("."));
    }),
    numRuns(10_000),
  );
});

function judge(text: string): string {
  try {
    return checkUrl(text, nothing).protocol;
  } catch (error) {
    if (error instanceof AddressRefused) return "refused";
    throw error;
  }
}

test("whatever the text, it is an address or a refusal", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
      expect(["http:", "https:", "refused"]).toContain(judge(text));
    }),
    { numRuns: 2_000 },
  );
});
