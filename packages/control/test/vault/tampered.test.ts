import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import type { MemberContext } from "@nofx/control/command";
import { listKeyAudit, putKey, rotateKey } from "@nofx/control/vault";
import type { KeyView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newSecret, use } from "./fixtures.ts";

// Somebody writes to the database past the vault. Whatever they put where, a secret is opened only where it was put.

let plane: TestPlane;
let tenant: TestTenant;
let admin: MemberContext;
let key: KeyView;
let secret: string;
beforeAll(async () => {
  plane = await createTestPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await plane.tenant();
  admin = await tenant.as("admin");
  secret = newSecret();
  key = await putKey(admin, { provider: "openai", secret });
});

const write = (text: string, values: unknown[]) => plane.owner.query(text, values);
const put = (asked: Partial<Parameters<typeof putKey>[1]>) =>
  putKey(again(admin), { provider: "openai", secret: newSecret(), ...asked });
const stored = async (id: string, version = 1): Promise<Record<string, unknown>> => {
  const { rows } = await plane.owner.query(
    "select jwe from secure_key_versions where key_id = $1 and version = $2",
    [toUuid("secureKey", id), version],
  );
  return rows[0].jwe;
};
const store = (id: string, version: number, jwe: unknown) =>
  write(
    "update secure_key_versions set jwe = $3, kek = $3::jsonb -> 'header' ->> 'kid' where key_id = $1 and version = $2",
    [toUuid("secureKey", id), version, JSON.stringify(jwe)],
  );

/** Fails closed, says nothing of any secret, and leaves an entry. */
async function expectRefused(
  why: string,
  asked: Parameters<typeof use>[1] = {},
  by: MemberContext = admin,
) {
  const refused: unknown = await use(by, asked).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "key_unreadable", data: { why } });
  expect(JSON.stringify(refused)).not.toContain(secret);
  const { items } = await listKeyAudit(by, { action: "refused", limit: 1 });
  expect(items).toMatchObject([{ action: "refused", purpose: why }]);
}

/** Makes the audit agree with what is stored, as nobody can: so that the encryption alone is left to refuse. */
async function blindAudit(): Promise<void> {
  const { withClient } = await import("@nofx/db/testing");
  await withClient(plane.database.adminUrl, async (client) => {
    await client.query("alter table public.secure_keys_audit disable trigger all");
    await client.query(
      `update public.secure_keys_audit a set digest = encode(sha256(convert_to(concat_ws('.', v.jwe ->> 'protected', v.jwe ->> 'iv',
         v.jwe ->> 'ciphertext', v.jwe ->> 'tag', v.jwe ->> 'aad'), 'UTF8')), 'hex')
       from public.secure_key_versions v where v.key_id = a.key_id and v.version = a.version and a.digest is not null and v.jwe is not null`,
    );
    await client.query(
      "alter table public.secure_keys_audit enable always trigger secure_keys_audit_append_only",
    );
    await client.query(
      "alter table public.secure_keys_audit enable always trigger secure_keys_audit_kept",
    );
  });
}

describe("a ciphertext in another place is refused, by what the audit says and by the encryption alone", () => {
  test("of another tenant", async () => {
    const other = await (await plane.tenant()).as("admin");
    const theirs = await putKey(other, { provider: "openai", secret: newSecret() });
    await store(theirs.id, 1, await stored(key.id));
    await expectRefused("changed", {}, other);
    await blindAudit();
    await expectRefused("not_opened", {}, other);
    expect((await use(admin)).secret).toBe(secret);
  });

  test("of another provider", async () => {
    const other = await put({ provider: "anthropic" });
    await store(other.id, 1, await stored(key.id));
    await expectRefused("changed", { provider: "anthropic" });
    await blindAudit();
    await expectRefused("not_opened", { provider: "anthropic" });
  });

  test("of another key of the same provider", async () => {
    const other = await put({ name: "spare" });
    await store(other.id, 1, await stored(key.id));
    await expectRefused("changed", { name: "spare" });
    await blindAudit();
    await expectRefused("not_opened", { name: "spare" });
  });

  test("of another version of the same key", async () => {
    await rotateKey(again(admin), { keyId: key.id, secret: newSecret() });
    await store(key.id, 2, await stored(key.id, 1));
    await expectRefused("changed");
    await blindAudit();
    await expectRefused("not_opened");
  });

  test("its provider renamed in the row, to be sent to another provider's address", async () => {
    await write("update secure_keys set provider = 'evil' where id = $1", [
      toUuid("secureKey", key.id),
    ]);
    await expect(use(admin, { provider: "evil" })).rejects.toMatchObject({ code: "key_missing" });
  });
});

describe("an old state is refused", () => {
  test("the whole row of an older version put back, with its version", async () => {
    const { rows } = await plane.owner.query(
      "select * from secure_key_versions where key_id = $1",
      [toUuid("secureKey", key.id)],
    );
    const next = newSecret();
    await rotateKey(again(admin), { keyId: key.id, secret: next, overlapSeconds: 0 });
    const id = toUuid("secureKey", key.id);
    await write("delete from secure_key_versions where key_id = $1", [id]);
    await write(
      `insert into secure_key_versions (id, key_id, tenant_id, version, jwe, kek, hint, created_by)
       select id, key_id, tenant_id, version, jwe, kek, hint, created_by from jsonb_populate_record(null::secure_key_versions, $1)`,
      [JSON.stringify(rows[0])],
    );
    await write("update secure_keys set version = 1 where id = $1", [id]);
    await expectRefused("gone");
  });

  test("a retired key made active again", async () => {
    const { retireKey } = await import("@nofx/control/vault");
    const jwe = await stored(key.id);
    await retireKey(again(admin), { keyId: key.id });
    await write("update secure_keys set status = 'active' where id = $1", [
      toUuid("secureKey", key.id),
    ]);
    await store(key.id, 1, jwe);
    await expect(use(admin)).rejects.toMatchObject({ code: "key_missing" });
  });
});

test("no part of what is stored can be changed", async () => {
  const jwe = await stored(key.id);
  const header = jwe["header"] as Record<string, string>;
  const turned = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  const changes: [string, unknown][] = [
    ...["protected", "iv", "ciphertext", "tag", "aad"].map((part): [string, unknown] => [
      "changed",
      { ...jwe, [part]: turned(String(jwe[part])) },
    ]),
    ["not_opened", { ...jwe, encrypted_key: turned(String(jwe["encrypted_key"])) }],
    ["not_opened", { ...jwe, header: { ...header, iv: turned(header["iv"]!) } }],
    ["not_opened", { ...jwe, header: { ...header, tag: turned(header["tag"]!) } }],
    ["gone", { ...jwe, header: { ...header, alg: "dir" } }],
    ["gone", { ...jwe, header: { ...header, enc: "A128GCM" } }],
    ["gone", { ...jwe, unprotected: { zip: "DEF" } }],
  ];
  for (const [why, changed] of changes) {
    await store(key.id, 1, changed);
    await expectRefused(why);
  }
  await store(key.id, 1, jwe);
  expect((await use(admin)).secret).toBe(secret);
});
