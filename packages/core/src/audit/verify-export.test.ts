import { createHash, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { numRuns } from "@nofx/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestText, type AuditDigest, type AuditKeys } from "./digest.ts";
import { entryText, NO_HASH, type AuditEntry } from "./entry.ts";
import { interleave, writeLine } from "./export-lines.ts";
import { verifyExport } from "./verify-export.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const TENANT = "01920000-0000-7000-8000-000000000001";
const AT = "2026-11-21T10:00:00.000001Z";
const ours = generateKeyPairSync("ed25519");
const theirs = generateKeyPairSync("ed25519");
const KID = "a".repeat(16);
const keys: AuditKeys = new Map([
  [
    KID,
    (text, signature) =>
      verify(null, Buffer.from(text), ours.publicKey, Buffer.from(signature, "base64url")),
  ],
]);

function chain(count: number, say: (seq: number) => string = (seq) => `{"n":${seq}}`) {
  const entries: AuditEntry[] = [];
  let prev = NO_HASH;
  for (let seq = 1; seq <= count; seq++) {
    const entry = {
      seq,
      prev,
      at: AT,
      verb: "plan.created",
      actor: "member:somebody",
      body: say(seq),
    };
    prev = sha256(entryText(TENANT, entry));
    entries.push({ ...entry, hash: prev });
  }
  return entries;
}

function digestsOf(
  entries: readonly AuditEntry[],
  ends: readonly number[],
  privateKey: KeyObject = ours.privateKey,
  kid = KID,
): AuditDigest[] {
  const digests: AuditDigest[] = [];
  for (const to of ends) {
    const before = digests.at(-1);
    const from = (before?.to ?? 0) + 1;
    const digest = {
      tenant: TENANT,
      n: digests.length + 1,
      from,
      to,
      count: to - from + 1,
      headHash: entries[to - 1]?.hash ?? NO_HASH,
      previousSignature: before?.signature ?? "",
      at: AT,
      kid,
    };
    const signature = sign(null, Buffer.from(digestText(digest)), privateKey).toString("base64url");
    digests.push({ format: "nofx.audit.digest.v1", ...digest, signature });
  }
  return digests;
}

function exported(
  entries: readonly AuditEntry[],
  digests: readonly AuditDigest[],
  { from = 1, tenant = TENANT }: { from?: number; tenant?: string } = {},
): string[] {
  const to = entries.at(-1)?.seq ?? from - 1;
  const kids = [...new Set(digests.map((digest) => digest.kid))].sort();
  return [
    writeLine({ type: "header", format: "nofx.audit.export.v1", tenant, from, to, kids }),
    ...interleave(entries, digests),
    writeLine({ type: "end", entries: entries.length, digests: digests.length }),
  ];
}

const good = chain(12);
const signed = digestsOf(good, [4, 4, 10]);
const lines = exported(good, signed);
const head = signed[2];
const judge = (given: Iterable<string>, outside: AuditDigest | undefined = head) =>
  verifyExport(given, { sha256, keys, head: outside });

describe("what is whole", () => {
  test("holds, and what nobody signed yet is said", () => {
    const found = judge(lines);
    expect(found).toMatchObject({
      ok: true,
      firstBad: null,
      checked: { tenant: TENANT, from: 1, to: 12, entries: 12, digests: 3, signedTo: 10 },
    });
    expect(found.couldNotCheck).toEqual([expect.stringMatching(/^entries 11 to 12 come after/)]);
  });

  test("without a head digest says that the tail may be missing", () => {
    const found = verifyExport(lines, { sha256, keys });
    expect(found.ok).toBe(true);
    expect(found.couldNotCheck.join()).toMatch(/missing from the end/);
    const bare = verifyExport(exported(good, []), { sha256, keys });
    expect(bare.couldNotCheck.join()).toMatch(/no signed digest/);
  });

  test("a part is held by the digest before it or by the next one", () => {
    const from5 = exported(good.slice(4), signed, { from: 5 });
    // digests 1 and 2 both end before it; all three are in it
    expect(judge(exported(good.slice(4), signed.slice(1), { from: 5 }))).toMatchObject({
      ok: true,
    });
    expect(judge(from5)).toMatchObject({ ok: true, checked: { entries: 8, signedTo: 10 } });
    const from7 = exported(good.slice(6), signed.slice(2), { from: 7 });
    expect(judge(from7)).toMatchObject({ ok: true, checked: { from: 7 } });
    const edited = chain(12, (seq) => (seq === 8 ? "{}" : `{"n":${seq}}`));
    expect(judge(exported(edited.slice(6), signed.slice(2), { from: 7 }))).toMatchObject({
      ok: false,
      firstBad: { seq: 7 },
    });
  });
});

const swap = <T>(list: readonly T[], i: number, j: number): T[] =>
  list.map((one, at) => (at === i ? list[j] : at === j ? list[i] : one) as T);
const edit = (change: Partial<AuditEntry>) =>
  exported(
    good.map((entry) => (entry.seq === 6 ? { ...entry, ...change } : entry)),
    signed,
  );
const remade = chain(12, (seq) => (seq === 6 ? '{"n":66}' : `{"n":${seq}}`));

describe("tampering is found, and the first bad entry named", () => {
  test.each<[string, string[], number | null, RegExp]>([
    ["a body edited", edit({ body: "{}" }), 6, /was changed/],
    ["a verb edited", edit({ verb: "plan.approved" }), 6, /was changed/],
    ["an actor edited", edit({ actor: "member:else" }), 6, /was changed/],
    ["a time edited", edit({ at: AT.replace("10", "11") }), 6, /was changed/],
    [
      "fields moved into each other",
      edit({ verb: "plan.created|member:somebody", actor: '{"n":6}' }),
      6,
      /not one that NOFX writes/,
    ],
    ["one deleted", lines.filter((line) => !line.includes('"seq":6,')), 6, /missing/],
    ["two reordered", swap(lines, 7, 8), 5, /out of order/],
    [
      "one twice",
      lines.flatMap((line) => (line.includes('"seq":6,') ? [line, line] : [line])),
      7,
      /twice/,
    ],
    ["the tail cut off", exported(good.slice(0, 4), signed.slice(0, 2)), 5, /tail is cut off/],
    ["the file cut off", lines.slice(0, 8), 6, /closing line/],
    ["the chain made anew", exported(remade, signed), 5, /not those that the head digest signed/],
    ["made anew without its digests", exported(remade, []), 1, /the head digest signed/],
    ["the digests left out", exported(good, []), 1, /ends before digest 3/],
    [
      "made anew, signed with another key",
      exported(remade, digestsOf(remade, [4, 4, 10], theirs.privateKey)),
      1,
      /signature/,
    ],
    [
      "made anew, signed with another key of another name",
      exported(remade, digestsOf(remade, [4, 4, 10], theirs.privateKey, "b".repeat(16))),
      1,
      /none of those given/,
    ],
    [
      "one put in",
      lines.flatMap((line) =>
        line.includes('"seq":6,') ? [line.replace('"n\\":6', '"n\\":7'), line] : [line],
      ),
      6,
      /was changed/,
    ],
    ["another tenant", exported(good, signed, { tenant: TENANT.replace(/1$/, "2") }), 1, /tenant/],
    ["a digest dropped", exported(good, [signed[0], signed[2]] as AuditDigest[]), 5, /missing/],
    ["an older export", exported(good.slice(0, 6), signed.slice(0, 2)), 7, /old export/],
    ["white space", lines.map((line) => line.replace('"seq":6,', '"seq": 6,')), 6, /not written/],
    ["no export", ["hello"], null, /not written|not an export/],
  ])("%s", (_name, given, seq, why) => {
    const found = judge(given);
    expect(found.ok).toBe(false);
    expect(found.firstBad?.seq).toBe(seq);
    expect(found.firstBad?.why).toMatch(why);
  });
});

test("without a head digest a chain that was made anew is found by the digests that it holds", () => {
  expect(verifyExport(exported(remade, signed), { sha256, keys }).firstBad).toMatchObject({
    seq: 5,
    why: expect.stringMatching(/not those that digest 3 signed/),
  });
});

test("whatever is done to the lines that were signed is found", () => {
  // two that no digest covers are left out: of those only the chain is known
  const whole = exported(good.slice(0, 10), signed);
  expect(judge(whole).ok).toBe(true);
  const at = fc.nat({ max: whole.length - 1 });
  const change = fc.oneof(
    fc.record({
      kind: fc.constant("char" as const),
      at,
      place: fc.nat(),
      code: fc.integer({ min: 32, max: 126 }),
    }),
    fc.record({ kind: fc.constant("remove" as const), at }),
    fc.record({ kind: fc.constant("copy" as const), at, to: at }),
    fc.record({ kind: fc.constant("swap" as const), at, to: at }),
    fc.record({ kind: fc.constant("cut" as const), at }),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let given = [...whole];
      for (const one of changes) {
        const line = given[one.at] ?? "";
        if (one.kind === "remove") given = given.toSpliced(one.at, 1);
        if (one.kind === "copy") given = given.toSpliced(one.to, 0, line);
        if (one.kind === "swap" && one.to < given.length && one.at < given.length)
          given = swap(given, one.at, one.to);
        if (one.kind === "cut") given = given.slice(0, one.at);
        if (one.kind === "char" && line !== "") {
          const place = one.place % line.length;
          given[one.at] =
            line.slice(0, place) + String.fromCharCode(one.code) + line.slice(place + 1);
        }
      }
      expect(judge(given).ok).toBe(given.join("\n") === whole.join("\n"));
    }),
    numRuns(3_000),
  );
});
