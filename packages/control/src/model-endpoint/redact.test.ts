import fc from "fast-check";
import { expect, it } from "vitest";
import { numRuns } from "@nofx/core/testing";
import { hooksOf, redact } from "./redact.ts";

const all = hooksOf(["emails", "phones", "cards", "ip_addresses"]);
const said = (text: string) => redact({ text }, all).value.text;

it.each([
  ["my key is sk-abcdefghijklmnop1234", "my key is [secret]"],
  ["Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "Authorization: [secret]"],
  ["nofx_ak_abcdefghijklmnopqrstuvwxyz0123456789", "[secret]"],
  ["AKIAABCDEFGHIJKLMNOP", "[secret]"],
  ["write to ada.lovelace+x@mail.example.org now", "write to [email] now"],
  ["call +44 20 7946 0958", "call [phone]"],
  ["4111-1111-1111-1111", "[card]"],
  ["order 4111111111111112", "order 4111111111111112"],
  ["from 192.168.0.1 and fe80:0:0:0:1:2:3:4", "from [ip_address] and [ip_address]"],
  ["version 1.2.3 at 10:30", "version 1.2.3 at 10:30"],
])("%s", (before, after) => {
  expect(said(before)).toBe(after);
});

it("keys and tokens are rewritten whatever a tenant wants, in any depth and in names of fields", () => {
  const key = "sk-abcdefghijklmnop1234";
  const { value, rewritten } = redact({ a: [{ [key]: key }], n: 1, no: null }, hooksOf([]));
  expect(value).toEqual({ a: [{ "[secret]": "[secret]" }], n: 1, no: null });
  expect(rewritten).toBe(2);
});

it("what it wrote it leaves alone", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const once = said(text);
      expect(said(once)).toBe(once);
    }),
    numRuns(2_000),
  );
});

it("texts that begin like secrets over and over take no longer for it", () => {
  for (const beginning of ["-----BEGIN PRIVATE KEY-----", "eyJ0-"]) {
    const text = beginning.repeat(3_000_000 / beginning.length);
    expect(redact(text, hooksOf([])).rewritten).toBe(0);
  }
  const key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
  expect(
    said(`-----BEGIN PRIVATE KEY----- ${key} eyJ-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln`),
  ).toBe("-----BEGIN PRIVATE KEY----- [secret] eyJ-[secret]");
});
