import {
  checkAudit,
  getAuditEntry,
  getAuditHead,
  getAuditStatus,
  listAudit,
  makeSigningKey,
} from "@nofx/control/audit";
import { importBacklog } from "@nofx/control/backlog";
import { setRetention } from "@nofx/control/retention";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { verifyExport, type AuditDigest } from "@nofx/core/audit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MemberContext } from "../../src/command/context.ts";
import { backlog, refusal, shellItem } from "../fixtures.ts";
import { exportLines, keys, signAll } from "./fixtures.ts";

let t: TestPlane;
let engine: WorkerEngine;
let admin: MemberContext;
let head: AuditDigest;
let whole: string[];
/** Ten decisions, the first five and then all of them signed. */
beforeAll(async () => {
  t = await createTestPlane();
  engine = createWorkerEngine({ connectionString: t.database.url("nofx_worker"), worker: "w1" });
  const tenant = await t.tenant();
  admin = await tenant.as("admin");
  for (let day = 1; day <= 10; day++) {
    await setRetention(again(admin), { eventsAfterDays: day });
    if (day === 5 || day === 10) await signAll(t, engine);
  }
  const { digest } = await getAuditHead(admin);
  if (digest === null) throw new Error("nothing was signed");
  head = digest;
  whole = await exportLines(admin, { to: 10 }, 3);
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
});

const judge = (lines: readonly string[]) =>
  verifyExport(lines, { sha256: t.plane.sha256, keys, head });

/** What the verifier says of an export of a database that somebody wrote to; afterwards it is as it was. */
async function judgeAfter(...statements: string[]) {
  const kept = ["audit_log", "audit_heads", "audit_digests"];
  for (const table of kept) await t.owner.query(`create table kept_${table} as table ${table}`);
  try {
    for (const statement of statements) {
      await t.owner.query(statement.replaceAll("$tenant", `'${admin.tenantId}'`));
    }
    return judge(await exportLines(admin, { to: 10 }));
  } finally {
    for (const table of kept) {
      await t.owner.query(`delete from ${table}`);
      await t.owner.query(`insert into ${table} table kept_${table}`);
      await t.owner.query(`drop table kept_${table}`);
    }
  }
}

const AT_6 = "where tenant_id = $tenant and seq = 6";
/** Makes the chain anew from an entry on, as it would have been written. */
const REMAKE = `do $$
  declare
    e public.audit_log;
    p text;
  begin
    for e in select * from audit_log where tenant_id = $tenant order by seq loop
      p := coalesce((select hash from audit_log where tenant_id = e.tenant_id and seq = e.seq - 1), repeat('0', 64));
      update audit_log set prev_hash = p, hash = encode(sha256(convert_to(concat_ws('|', 'nofx.audit.v1', e.tenant_id, e.seq, p,
        app.audit_time(e.at), e.verb, e.actor_type || ':' || e.actor_id, e.body), 'UTF8')), 'hex')
      where tenant_id = e.tenant_id and seq = e.seq;
    end loop;
    update audit_heads h set hash = l.hash from audit_log l where l.tenant_id = h.tenant_id and l.seq = h.seq;
  end $$`;

test("the chain as Postgres hashes it is the chain as the verifier does", () => {
  expect(judge(whole)).toMatchObject({
    ok: true,
    checked: { entries: 10, digests: 2, signedTo: 10 },
    couldNotCheck: [],
  });
});

describe("whoever writes to the database is found, given the digest that was kept outside", () => {
  test.each<[string, string[], number, RegExp]>([
    ["a body", [`update audit_log set body = '{}' ${AT_6}`], 6, /was changed/],
    ["an actor", [`update audit_log set actor_id = 'x' ${AT_6}`], 6, /was changed/],
    ["a verb", [`update audit_log set verb = 'plan.approved' ${AT_6}`], 6, /was changed/],
    ["an instant", [`update audit_log set at = at + interval '1 us' ${AT_6}`], 6, /was changed/],
    ["one deleted", [`delete from audit_log ${AT_6}`], 6, /missing/],
    [
      "two reordered",
      [
        "update audit_log set seq = case seq when 6 then 99 else 6 end where tenant_id = $tenant and seq in (6)",
        "update audit_log set seq = 6 where tenant_id = $tenant and seq = 7",
        "update audit_log set seq = 7 where tenant_id = $tenant and seq = 99",
      ],
      6,
      /follow/,
    ],
    [
      "the tail cut off",
      [
        "delete from audit_digests where tenant_id = $tenant and n = 2",
        "delete from audit_log where tenant_id = $tenant and seq > 5",
        "update audit_heads set seq = 5, hash = (select hash from audit_log where tenant_id = $tenant and seq = 5) where tenant_id = $tenant",
      ],
      6,
      /tail is cut off/,
    ],
    ["the chain made anew", [`update audit_log set body = '{}' ${AT_6}`, REMAKE], 6, /made anew/],
    [
      "one put in, and the chain made anew",
      [
        "delete from audit_log where tenant_id = $tenant and seq >= 10",
        "update audit_heads set seq = 10 where tenant_id = $tenant",
        "update audit_log set seq = -seq where tenant_id = $tenant and seq >= 6",
        "update audit_log set seq = 1 - seq where tenant_id = $tenant and seq < 0",
        "insert into audit_log select app.uuid7(), tenant_id, 6, prev_hash, hash, verb, actor_type, actor_id, '{}', at from audit_log where tenant_id = $tenant and seq = 5",
        REMAKE,
      ],
      6,
      /made anew/,
    ],
    [
      "a digest dropped",
      ["delete from audit_digests where tenant_id = $tenant and n = 1"],
      1,
      /missing/,
    ],
    [
      "the digests left out, and the chain made anew",
      [
        "delete from audit_digests where tenant_id = $tenant",
        `update audit_log set body = '{}' ${AT_6}`,
        REMAKE,
      ],
      1,
      /made anew/,
    ],
  ])("%s", async (_name, statements, seq, why) => {
    const found = await judgeAfter(...statements);
    expect(found.ok).toBe(false);
    expect(found.firstBad?.why).toMatch(why);
    expect(found.firstBad?.seq).toBe(seq);
  });

  test("digests signed anew with another key", async () => {
    const theirs = makeSigningKey();
    await t.owner.query("create table kept as table audit_digests");
    await t.owner.query("delete from audit_digests");
    try {
      await signAll(t, engine, theirs.privateKey);
      const found = judge(await exportLines(admin));
      expect(found).toMatchObject({ ok: false, firstBad: { seq: 1 } });
      expect(found.firstBad?.why).toMatch(/none of those given/);
    } finally {
      await t.owner.query("delete from audit_digests");
      await t.owner.query("insert into audit_digests table kept");
    }
  });
});

test("entries of another tenant do not pass for this one's, and old exports not for new ones", async () => {
  const other = await (await t.tenant()).as("admin");
  for (let day = 1; day <= 10; day++) await setRetention(again(other), { eventsAfterDays: day });
  expect(judge(await exportLines(other, { to: 10 }))).toMatchObject({ ok: false });
  const renamed = whole.map((line) => line.replaceAll(admin.tenantId, other.tenantId));
  expect(judge(renamed)).toMatchObject({ ok: false, firstBad: { seq: 1 } });
  const old = await exportLines(admin, { to: 7 });
  expect(judge(old)).toMatchObject({ ok: false, firstBad: { seq: 8 } });
});

test("an export takes its permission, is noted in the log itself, and holds no more than there is", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  expect((await refusal(exportLines(operator))).code).toBe("forbidden");
  const supervisor = await tenant.as("supervisor");
  await importBacklog(again(operator), backlog("p", [shellItem("a")]));
  const lines = await exportLines(supervisor, { to: 99 });
  expect(verifyExport(lines, { sha256: t.plane.sha256, keys })).toMatchObject({
    ok: true,
    checked: { entries: 1, digests: 0 },
  });
  expect((await refusal(exportLines(supervisor, { from: 9 }))).code).toBe("invalid_input");
  const { items } = await listAudit(operator, { verb: "audit.", subject: '"to":1' });
  expect(items).toMatchObject([{ seq: 2, verb: "audit.exported", actor: { name: "supervisor" } }]);
  expect(await getAuditEntry(operator, { seq: 2 })).toEqual(items[0]);
  expect(await getAuditStatus(operator)).toMatchObject({ seq: 2, digest: null, unsigned: 2 });
  expect(await checkAudit(operator, {})).toMatchObject({ ok: true, entries: 2, firstBad: null });
  await t.owner.query("update audit_log set body = '{}' where tenant_id = $1 and seq = 1", [
    tenant.id,
  ]);
  expect(await checkAudit(operator, {})).toMatchObject({ ok: false, firstBad: { seq: 1 } });
});

test("a chain that was cut behind the signer's back is not signed, and keeps no other from being signed", async () => {
  const [broken, sound] = [
    await (await t.tenant()).as("admin"),
    await (await t.tenant()).as("admin"),
  ];
  for (const ctx of [broken, sound]) await setRetention(again(ctx), { eventsAfterDays: 1 });
  await signAll(t, engine);
  for (const ctx of [broken, sound]) await setRetention(again(ctx), { eventsAfterDays: 2 });
  await t.owner.query("delete from audit_log where tenant_id = $1 and seq = 2", [broken.tenantId]);
  expect(await signAll(t, engine)).toMatchObject({ refused: [broken.tenantId] });
  expect((await getAuditHead(broken)).digest).toMatchObject({ n: 1, to: 1 });
  expect((await getAuditHead(sound)).digest).toMatchObject({ n: 2, to: 2 });
});
