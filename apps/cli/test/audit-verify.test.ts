import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSigningKey, readSigningKey } from "@nofx/control/audit/keys";
import {
  digestText,
  entryText,
  interleave,
  NO_HASH,
  writeLine,
  type AuditDigest,
  type AuditEntry,
} from "@nofx/core/audit";
import { afterAll, expect, test } from "vitest";

const main = join(import.meta.dirname, "../src/main.ts");
const folder = mkdtempSync(join(tmpdir(), "nofx-audit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TENANT = "01920000-0000-7000-8000-000000000001";
const AT = "2026-11-21T10:00:00.000001Z";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** A key, its digests, and an export whose third entry says what is given. */
const older = makeSigningKey();
const newer = makeSigningKey();
function exported(third = "{}") {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= 4; seq++) {
    const draft = {
      seq,
      prev: entries.at(-1)?.hash ?? NO_HASH,
      at: AT,
      verb: "plan.created",
      actor: "member:x",
      body: seq === 3 ? third : `{"n":${seq}}`,
    };
    entries.push({ ...draft, hash: sha256(entryText(TENANT, draft)) });
  }
  const digests: AuditDigest[] = [];
  for (const [to, pem] of [
    [2, older],
    [4, newer],
  ] as const) {
    const key = readSigningKey(pem.privateKey);
    const before = digests.at(-1);
    const digest = {
      tenant: TENANT,
      n: digests.length + 1,
      from: to - 1,
      to,
      count: 2,
      headHash: entries[to - 1]?.hash ?? "",
      previousSignature: before?.signature ?? "",
      at: AT,
      kid: key.kid,
    };
    digests.push({
      format: "nofx.audit.digest.v1",
      ...digest,
      signature: key.sign(digestText(digest)),
    });
  }
  const kids = digests.map((digest) => digest.kid).toSorted();
  const lines = [
    writeLine({
      type: "header",
      format: "nofx.audit.export.v1",
      tenant: TENANT,
      from: 1,
      to: 4,
      kids,
    }),
    ...interleave(entries, digests),
    writeLine({ type: "end", entries: 4, digests: 2 }),
  ];
  return { text: `${lines.join("\n")}\n`, digests };
}

/** The command as people start it, in a folder without NOFX. */
function nofx(...args: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [main, "audit", "verify", ...args],
      { cwd: folder, env: { NOFX_HOME: folder, PATH: process.env["PATH"] } },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

const good = exported();
const whole = file("whole.jsonl", good.text);
const head = file("head.json", JSON.stringify(good.digests[1]));
const keys = [file("older.pem", older.publicKey), file("newer.pem", newer.publicKey)];
const trusted = ["--key", ...keys];

test("an export that is whole verifies without a server, with the keys of a rotation", async () => {
  const { code, out, err } = await nofx(whole, ...trusted, "--head", head);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/entries 1 to 4 \(4\), 2 digests, signed up to entry 4/);
  expect(out).not.toMatch(/Could not check/);
  const bare = await nofx(whole, ...trusted, "--json");
  expect(bare.code).toBe(0);
  expect(JSON.parse(bare.out)).toMatchObject({
    ok: true,
    firstBad: null,
    couldNotCheck: [expect.stringMatching(/no head digest was given/)],
  });
});

test("one that was tampered with is named by its first bad entry, and an old one is not taken for new", async () => {
  const edited = file("edited.jsonl", good.text.replace('"body":"{}"', '"body":"[]"'));
  const found = await nofx(edited, ...trusted, "--head", JSON.stringify(good.digests[1]));
  expect(found.code).toBe(1);
  expect(found.err).toMatch(/entry 3: its hash is not that of what it says/);
  const json = await nofx(
    file("remade.jsonl", exported("[]").text),
    ...trusted,
    "--json",
    "--head",
    head,
  );
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, firstBad: { seq: 3 } });
});

test("what cannot be done as asked is wrong usage", async () => {
  const none = await nofx(whole);
  expect([none.code, none.err]).toEqual([2, expect.stringMatching(/--key/)]);
  const nowhere = await nofx(join(folder, "nowhere"), ...trusted);
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringMatching(/no reading the export/)]);
  const noKey = await nofx(whole, "--key", whole);
  expect([noKey.code, noKey.err]).toEqual([2, expect.stringMatching(/no Ed25519 key/)]);
  const secret = await nofx(whole, "--key", file("private.pem", newer.privateKey));
  expect([secret.code, secret.err]).toEqual([2, expect.stringMatching(/is the private key/)]);
  const noHead = await nofx(whole, ...trusted, "--head", "{}");
  expect([noHead.code, noHead.err]).toEqual([2, expect.stringMatching(/nofx audit head/)]);
});
