import { randomUUID } from "node:crypto";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { getKey, listKeyAudit, listKeys, putKey, retireKey, rotateKey } from "@nofx/control/vault";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSecret, use, withKeks } from "./fixtures.ts";

let plane: TestPlane;
beforeAll(async () => {
  plane = await createTestPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const rows = async (text: string, values: unknown[] = []) =>
  (await plane.owner.query(text, values)).rows as Record<string, unknown>[];

describe("a key", () => {
  test("is put, used, rotated and retired; of its secret nothing is shown or stored in the clear", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const first = newSecret();
    const key = await putKey(admin, { provider: "openai", secret: first, note: "of the team" });
    expect(key).toMatchObject({
      provider: "openai",
      name: "default",
      version: 1,
      status: "active",
      hint: first.slice(-4),
      note: "of the team",
      kek: "1",
      lastUsedAt: null,
    });
    expect(await use(admin)).toMatchObject({ secret: first });

    const second = newSecret();
    const rotated = await rotateKey(again(admin), { keyId: key.id, secret: second });
    expect(rotated).toMatchObject({ id: key.id, version: 2, note: "of the team" });
    expect(rotated.previousUntil).not.toBeNull();
    const used = await use(admin);
    expect(used.secret).toBe(second);

    const all = JSON.stringify([key, rotated, await listKeys(admin, {})]);
    for (const secret of [first, second]) expect(all).not.toContain(secret.slice(0, -4));
    for (const table of ["secure_keys", "secure_key_versions", "secure_keys_audit", "audit_log"]) {
      const text = JSON.stringify(await rows(`select * from ${table}`));
      for (const secret of [first, second]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString("base64"));
        expect(text).not.toContain(Buffer.from(secret).toString("hex"));
      }
    }

    await retireKey(again(admin), { keyId: key.id });
    await expect(use(admin)).rejects.toMatchObject({ code: "key_missing" });
    const left = await rows("select jwe from secure_key_versions where key_id = $1", [
      toUuid("secureKey", key.id),
    ]);
    expect(left).toEqual([{ jwe: null }, { jwe: null }]);
    const next = await putKey(again(admin), { provider: "openai", secret: first });
    expect(next.id).not.toBe(key.id);
    expect(await use(admin)).toMatchObject({ secret: first });
    await expect(rotateKey(again(admin), { keyId: key.id, secret: second })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("is found by its fields; putting it again is its next version", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const [a, b, c] = [newSecret(), newSecret(), newSecret()];
    await putKey(admin, { provider: "mistral", secret: a });
    const spare = await putKey(again(admin), { provider: "mistral", name: "spare", secret: b });
    const upserted = await putKey(again(admin), {
      provider: "mistral",
      name: "spare",
      secret: c,
      note: "new",
    });
    expect(upserted).toMatchObject({ id: spare.id, version: 2, note: "new" });
    expect((await use(admin, { provider: "mistral" })).secret).toBe(a);
    expect((await use(admin, { provider: "mistral", name: "spare" })).secret).toBe(c);
    const { items } = await listKeys(admin, { provider: "mistral", name: "spare" });
    expect(items.map(({ id }) => id)).toEqual([spare.id]);
    await expect(use(admin, { provider: "mistral", name: "other" })).rejects.toMatchObject({
      code: "key_missing",
      detail: expect.stringContaining("nofx keys put mistral"),
    });
  });

  test("the version before is given to whom the provider refused the new one, while they overlap", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const [a, b, c] = [newSecret(), newSecret(), newSecret()];
    const { id } = await putKey(admin, { provider: "openai", secret: a });
    await rotateKey(again(admin), { keyId: id, secret: b, overlapSeconds: 600 });
    const newest = await use(admin);
    expect(newest.secret).toBe(b);
    const before = await use(admin, { except: newest.keyId });
    expect(before.secret).toBe(a);
    expect((await use(admin, { except: before.keyId })).secret).toBe(b);

    await rotateKey(again(admin), { keyId: id, secret: c, overlapSeconds: 0 });
    const last = await use(admin);
    expect(last.secret).toBe(c);
    await expect(use(admin, { except: last.keyId })).rejects.toMatchObject({
      code: "key_missing",
    });
    expect(
      await rows("select version from secure_key_versions where jwe is not null"),
    ).toContainEqual({ version: 3 });
  });

  test("an ended overlap ends the secret", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const { id } = await putKey(admin, { provider: "groq", secret: newSecret() });
    await rotateKey(again(admin), { keyId: id, secret: newSecret(), overlapSeconds: 600 });
    const uuid = toUuid("secureKey", id);
    await plane.owner.query(
      "update secure_key_versions set usable_until = clock_timestamp() where key_id = $1 and version = 1",
      [uuid],
    );
    await plane.owner.query("select engine.destroy_ended_keys(100)");
    expect(
      await rows(
        "select version, jwe is null as gone from secure_key_versions where key_id = $1 order by version",
        [uuid],
      ),
    ).toEqual([
      { version: 1, gone: true },
      { version: 2, gone: false },
    ]);
    const { items } = await listKeyAudit(admin, { keyId: id, action: "destroyed" });
    expect(items).toMatchObject([{ version: 1, by: { type: "system", id: "vault" } }]);
  });
});

describe("who may", () => {
  test("admins alone change keys, and each tenant sees and uses its own", async () => {
    const [ours, theirs] = [await plane.tenant(), await plane.tenant()];
    const supervisor = await ours.as("supervisor");
    await expect(
      putKey(supervisor, { provider: "openai", secret: newSecret() }),
    ).rejects.toMatchObject({ code: "forbidden" });
    const admin = await ours.as("admin");
    const { id } = await putKey(admin, { provider: "openai", secret: newSecret() });
    const other = await theirs.as("admin");
    await expect(use(other)).rejects.toMatchObject({ code: "key_missing" });
    await expect(getKey(other, { keyId: id })).rejects.toMatchObject({ code: "not_found" });
    await expect(retireKey(other, { keyId: id })).rejects.toMatchObject({ code: "not_found" });
    expect((await listKeyAudit(other, {})).items).toEqual([]);
    const viewer = await ours.as("viewer");
    expect((await listKeys(viewer, {})).items).toHaveLength(1);
    expect((await listKeyAudit(viewer, {})).items).toHaveLength(1);
  });

  test("what cannot be a header is no key, and is not repeated in the refusal", async () => {
    const admin = await (await plane.tenant()).as("admin");
    for (const secret of ["sk-a b c d e f", "sk-12345678\r\nX-Evil: 1", "short", "sk-ключ-12345"]) {
      const refused: unknown = await putKey(again(admin), { provider: "openai", secret }).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({ code: "invalid_input", issues: [{ path: "/secret" }] });
      expect(JSON.stringify(refused)).not.toContain(secret.slice(0, 8));
    }
  });

  test("a repeated request puts one key; the same request with another secret is refused", async () => {
    const admin = await (await plane.tenant()).as("admin");
    const asked = { provider: "openai", secret: newSecret() };
    const first = await putKey(admin, asked);
    expect(await putKey(again(admin, admin.idempotencyKey), asked)).toEqual(first);
    await expect(
      putKey(again(admin, admin.idempotencyKey), { ...asked, secret: newSecret() }),
    ).rejects.toMatchObject({ code: "idempotency_key_reused" });
  });

  test("a process without a KEK neither puts nor uses", async () => {
    const admin = await (await plane.tenant()).as("admin");
    await putKey(admin, { provider: "openai", secret: newSecret() });
    const blind = withKeks(again(admin), undefined);
    await expect(use(blind)).rejects.toMatchObject({ code: "vault_locked" });
    await expect(putKey(blind, { provider: "openai", secret: newSecret() })).rejects.toMatchObject({
      code: "vault_locked",
    });
  });
});

describe("secure_keys_audit", () => {
  test("tells of every use who, for which run and step, what for", async () => {
    const tenant = await plane.tenant();
    const admin = await tenant.as("admin");
    const key = await putKey(admin, { provider: "openai", secret: newSecret() });
    const [runId, stepId] = [randomUUID(), randomUUID()];
    await use(admin, {
      who: { type: "member", id: admin.actor.id },
      runId,
      stepId,
      purpose: "embeddings",
    });
    const { items } = await listKeyAudit(admin, { keyId: key.id });
    expect(items).toMatchObject([
      {
        action: "used",
        version: 1,
        by: { type: "member", id: admin.actor.id, name: "admin" },
        runId: toId("run", runId),
        stepId: toId("step", stepId),
        purpose: "embeddings",
      },
      { action: "put", version: 1, by: { id: admin.actor.id } },
    ]);
    expect(await getKey(admin, { keyId: key.id })).toMatchObject({ lastUsedFor: "embeddings" });
    const ledger = await rows(
      "select verb, body::jsonb ->> 'digest' as digest from audit_log where tenant_id = $1",
      [tenant.id],
    );
    const [put] = await rows(
      "select digest from secure_keys_audit where action = 'put' and key_id = $1",
      [toUuid("secureKey", key.id)],
    );
    expect(ledger).toEqual([{ verb: "key.put", digest: put?.["digest"] }]);
  });

  test("no role changes or deletes an entry, not even its owner", async () => {
    const admin = await (await plane.tenant()).as("admin");
    await putKey(admin, { provider: "openai", secret: newSecret() });
    const roles = await rows(
      "select rolname from pg_roles where rolname ~ '^nofx_' or rolname in ('postgres', 'anon', 'authenticated', 'service_role')",
    );
    expect(roles.length).toBeGreaterThan(6);
    for (const { rolname } of roles) {
      for (const attempt of [
        "update secure_keys_audit set purpose = 'nothing'",
        "delete from secure_keys_audit",
        "truncate secure_keys_audit",
      ]) {
        const client = await plane.owner.connect();
        try {
          await client.query("begin");
          if (rolname !== "postgres") {
            await client.query(`set local role ${String(rolname)}`).catch(() => undefined);
          }
          expect([rolname, await client.query(attempt).catch(codeOf)]).toEqual([
            rolname,
            expect.stringMatching(/^(42501|25P02)$/),
          ]);
        } finally {
          await client.query("rollback");
          client.release();
        }
      }
    }
    for (const login of ["nofx_web", "nofx_worker", "nofx_agent_gateway"]) {
      const { createPool } = await import("@nofx/db/client");
      const pool = createPool({
        connectionString: plane.database.url(login),
        applicationName: "t",
      });
      const read = "select jwe from public.secure_key_versions";
      expect([login, await pool.query(read).catch(codeOf)]).toEqual([login, "42501"]);
      await pool.end();
    }
  });
});

const codeOf = (error: unknown) => (error as { code?: string }).code;
