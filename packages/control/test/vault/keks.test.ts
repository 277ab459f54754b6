import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MemberContext } from "@nofx/control/command";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import {
  keksInFile,
  listKeks,
  putKey,
  retireVaultKek,
  rotateKey,
  rotateVaultKek,
  writeKekFile,
} from "@nofx/control/vault";
import { keysToRewrap, makeKekCurrent, storeRewrapped } from "@nofx/db/queries";
import { flattenedDecrypt } from "jose";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { digestOf, Envelope, open, rewrap, seal } from "../../src/vault/envelope.ts";
import { importKek, newKek, readKekList } from "../../src/vault/keks.ts";
import { retireKek } from "../../src/vault/retire-kek.ts";
import { rotateKek } from "../../src/vault/rotate-kek.ts";
import { changingKeks, newSecret, rawKek, use, withKeks } from "./fixtures.ts";

const WORKERS = 8;
const KEYS = process.env["PROVE"] === "1" ? 2_000 : 150;

let plane: TestPlane;
const folder = mkdtempSync(join(tmpdir(), "nofx-kek-"));
beforeEach(async () => {
  plane = await createTestPlane();
});
afterEach(() => plane[Symbol.asyncDispose]());
afterAll(() => rmSync(folder, { recursive: true }));

const underKek = async () =>
  Object.fromEntries(
    (
      await plane.owner.query<{ kek: string; n: number }>(
        "select kek, count(*)::int as n from secure_key_versions where kek is not null group by 1",
      )
    ).rows.map(({ kek, n }) => [kek, n]),
  );

/** An admin of a tenant that operates the plane. */
async function operator(): Promise<MemberContext> {
  const tenant = await plane.tenant();
  await plane.owner.query("update tenants set operates_plane = true where id = $1", [tenant.id]);
  return tenant.as("admin");
}

test("a rotation under load fails no call, leaves nothing on the old version, which is refused once retired", async () => {
  const keks = changingKeks("1");
  const admin = withKeks(await operator(), keks);
  const secrets = new Map<string, string>();
  for (let i = 0; i < 3; i += 1) {
    const secret = newSecret();
    await putKey(again(admin), { provider: "openai", name: `k${i}`, secret });
    secrets.set(`k${i}`, secret);
  }
  // many more rows, so that the rotation takes its time
  await plane.owner.query(
    `insert into secure_key_versions (id, key_id, tenant_id, version, jwe, kek, hint, created_by)
     select app.uuid7(), v.key_id, v.tenant_id, 1000 + n, v.jwe, v.kek, v.hint, v.created_by
     from (select * from secure_key_versions limit 1) v, generate_series(1, $1) n`,
    [KEYS],
  );
  const old = await plane.owner.query("select id, jwe from secure_key_versions where version = 1");

  let stop = false;
  let calls = 0;
  const caller = async (n: number) => {
    for (; !stop; calls += 1) {
      const name = `k${(n + calls) % 3}`;
      expect((await use(admin, { name })).secret).toBe(secrets.get(name));
    }
  };
  const writer = async () => {
    for (let i = 0; !stop; i += 1) {
      await putKey(again(admin), { provider: "groq", name: `w${i % 5}`, secret: newSecret() });
    }
  };
  const load = [...Array.from({ length: WORKERS }, (_, n) => caller(n)), writer()];
  keks.give("2");
  let rotation = await rotateKek(admin.plane, { by: admin.actor });
  expect(rotation.rewrapped).toBeGreaterThanOrEqual(KEYS);
  while (rotation.remaining > 0) rotation = await rotateKek(admin.plane, { by: admin.actor });
  await retireKek(admin.plane, "1");
  keks.take("1");
  const before = calls;
  await expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(before + 20);
  stop = true;
  await Promise.all(load);
  expect(Object.keys(await underKek())).toEqual(["2"]);

  // an old state of the rows comes back, to processes that have the old KEK still
  const both = changingKeks("1");
  both.give("2");
  for (const row of old.rows) {
    await plane.owner.query("update secure_key_versions set jwe = $2, kek = '1' where id = $1", [
      row.id,
      JSON.stringify(row.jwe),
    ]);
  }
  await expect(use(withKeks(admin, both), { name: "k0" })).rejects.toMatchObject({
    code: "key_unreadable",
    data: { why: "kek_retired" },
  });
  await expect(
    plane.owner.query("update app.keks set status = 'previous', retired_at = null where kid = '1'"),
  ).rejects.toMatchObject({ code: "42501" });
});

test("a key that is wrapped anew between its being handed out and opened, with its KEK destroyed, is asked for again", async () => {
  const keks = changingKeks("1");
  const admin = withKeks(await operator(), keks);
  const secret = newSecret();
  await putKey(admin, { provider: "openai", secret });
  let changed = false;
  const meanwhile = withKeks(admin, {
    ...keks,
    async find(kid) {
      if (!changed) {
        changed = true;
        keks.give("2");
        await rotateKek(admin.plane, { by: admin.actor });
        await retireKek(admin.plane, "1");
        keks.take("1");
      }
      return keks.find(kid);
    },
  });
  expect((await use(meanwhile)).secret).toBe(secret);
  expect(changed).toBe(true);
});

test("a key that is sealed while the KEK changes is sealed again, under the new one", async () => {
  const keks = changingKeks("1");
  const admin = withKeks(await operator(), keks);
  const { id } = await putKey(admin, { provider: "openai", secret: newSecret() });
  let finds = 0;
  const meanwhile = withKeks(again(admin), {
    ...keks,
    async find(kid) {
      // the second time it is asked for what to write with
      if (++finds === 2) {
        keks.give("2");
        await makeKekCurrent(plane.plane.db, (await keks.find("2"))!);
      }
      return keks.find(kid);
    },
  });
  const secret = newSecret();
  const rotated = await rotateKey(meanwhile, { keyId: id, secret });
  expect(rotated).toMatchObject({ version: 2, kek: "2" });
  expect((await use(admin)).secret).toBe(secret);
});

test("a rewrap never opens the secret, and what it makes is a standard JWE", async () => {
  const [one, two] = [await importKek(rawKek("1")), await importKek(rawKek("2"))];
  const place = { tenantId: "t", provider: "openai", keyId: "k", version: 1 };
  const secret = newSecret();
  const sealed = await seal(secret, place, one);
  const wrapped = { ...sealed, ...(await rewrap(sealed, one, two)) };
  expect(digestOf(wrapped)).toBe(digestOf(sealed));
  expect(wrapped.ciphertext).toBe(sealed.ciphertext);
  expect(wrapped.encrypted_key).not.toBe(sealed.encrypted_key);
  expect(await open(wrapped, place, two)).toBe(secret);
  const { plaintext } = await flattenedDecrypt(wrapped, two.key);
  expect(new TextDecoder().decode(plaintext)).toBe(secret);
  await expect(open(wrapped, place, one)).rejects.toThrow("decryption operation failed");
  await expect(open(sealed, { ...place, version: 2 }, one)).rejects.toThrow(
    "decryption operation failed",
  );
});

test("a rewrap keeps what was changed meanwhile, and stores nothing under a KEK that is not current", async () => {
  const keks = changingKeks("1");
  const admin = withKeks(await operator(), keks);
  const secret = newSecret();
  await putKey(admin, { provider: "openai", secret });
  keks.give("2");
  const two = await keks.find("2");
  const by = { type: "system", id: "test" };
  await makeKekCurrent(plane.plane.db, two!);
  const [row] = await keysToRewrap(plane.plane.db, 10);
  const envelope = Envelope.parse(row!.jwe);
  const wrapped = await rewrap(envelope, (await keks.find("1"))!, two!);
  const { id } = row!;
  const stale = { id, from: "somebody-elses", ...wrapped };
  expect(await storeRewrapped(plane.plane.db, [stale], by)).toBe(0);
  const under = { ...wrapped, header: { ...wrapped.header, kid: "1" } };
  const right = { id, from: envelope.encrypted_key };
  expect(await storeRewrapped(plane.plane.db, [{ ...right, ...under }], by)).toBe(0);
  expect(await underKek()).toEqual({ "1": 1 });
  expect(await storeRewrapped(plane.plane.db, [{ ...right, ...wrapped }], by)).toBe(1);
  expect(await underKek()).toEqual({ "2": 1 });
  expect((await use(admin)).secret).toBe(secret);
});

test("on a local stack the server makes and destroys KEKs in their file, and every process finds them", async () => {
  const file = join(folder, "kek.json");
  await writeKekFile(file, [newKek([])]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const [web, worker] = [keksInFile(file), keksInFile(file)];
  const admin = withKeks(await operator(), web);
  const secret = newSecret();
  await putKey(admin, { provider: "openai", secret });
  const asWorker = withKeks(admin, worker);
  expect((await use(asWorker)).secret).toBe(secret);
  expect(await rotateVaultKek(again(admin), {})).toEqual({ kid: "2", rewrapped: 1, remaining: 0 });
  expect((await use(asWorker)).secret).toBe(secret);
  const retired = await retireVaultKek(again(admin), { kid: "1" });
  expect(retired.keks.map(({ kid, status, held, keys }) => [kid, status, held, keys])).toEqual([
    ["1", "retired", false, 0],
    ["2", "current", true, 1],
  ]);
  expect(readFileSync(file, "utf8")).not.toContain('"kid": "1"');
  expect((await use(asWorker)).secret).toBe(secret);
  const { rows } = await plane.owner.query(
    "select verb from audit_log where verb like 'kek.%' order by seq",
  );
  expect(rows).toEqual([{ verb: "kek.rotated" }, { verb: "kek.retired" }]);
});

test("what cannot be is refused with what to do", async () => {
  const keks = changingKeks("1");
  const admin = withKeks(await operator(), keks);
  const key = await putKey(admin, { provider: "openai", secret: newSecret() });
  const refused = (work: Promise<unknown>, detail: string) =>
    expect(work).rejects.toMatchObject({
      code: "conflict",
      detail: expect.stringContaining(detail),
    });
  await refused(rotateVaultKek(again(admin), {}), "Add another to NOFX_KEK");
  await refused(rotateVaultKek(again(admin), { kid: "7" }), "not given KEK 7");
  await refused(retireVaultKek(again(admin), { kid: "1" }), "written with it");
  await refused(retireVaultKek(again(admin), { kid: "9" }), "never been written");
  keks.give("2");
  await plane.owner.query("select app.make_kek_current('2', repeat('a', 64))");
  await refused(rotateVaultKek(again(admin), { kid: "2" }), "another key under the name 2");
  await expect(
    rotateKey(again(admin), { keyId: key.id, secret: newSecret() }),
  ).rejects.toMatchObject({ code: "vault_locked" });
  await refused(retireVaultKek(again(admin), { kid: "1" }), "still wrapped");

  const ours = withKeks(await (await plane.tenant()).as("admin"), keks);
  expect(await listKeks(ours)).toEqual({ keks: [], mayChange: false, canMake: false });
  await expect(rotateVaultKek(ours, {})).rejects.toMatchObject({ code: "forbidden" });

  const stranger = withKeks(admin, changingKeks("5"));
  await expect(use(stranger)).rejects.toMatchObject({ code: "vault_locked" });
});

test("KEKs are read from an environment, or refused without being repeated", async () => {
  const { k } = rawKek("1");
  expect(readKekList(`1:${k}, 2:${k},`)).toEqual([
    { kid: "1", k },
    { kid: "2", k },
  ]);
  for (const wrong of ["", k, `1:${k.slice(1)}`, `1:${k},1:${k}`, `a b:${k}`, "1:not-a-key"]) {
    let said: unknown;
    try {
      readKekList(wrong);
    } catch (error) {
      said = error;
    }
    expect(said).toBeInstanceOf(TypeError);
    expect(String(said)).not.toContain(k.slice(1, 20));
  }
});
