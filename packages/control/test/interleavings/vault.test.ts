import type { MemberContext } from "@nofx/control/command";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { putKey, retireKey, rotateKey, useKey } from "@nofx/control/vault";
import { toUuid } from "@nofx/core/vocabulary";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { retireKek } from "../../src/vault/retire-kek.ts";
import { rotateKek } from "../../src/vault/rotate-kek.ts";
import { changingKeks, newSecret } from "../vault/fixtures.ts";
import { openCommandActor, type CommandActor } from "./actors.ts";
import { interleave, type Actor, type Interleaved } from "./interleave.ts";

// A key is used while it, or what wraps it, is changed: statement by statement in every order that chance finds.

const SCHEDULES = process.env["PROVE"] === "1" ? 500 : 12;
const TIMEOUT_MS = 600_000;

let t: TestPlane;
let admin: MemberContext;
let actors: CommandActor[];
const keks = changingKeks("1");
let kid = 1;
beforeAll(async () => {
  t = await createTestPlane();
  admin = await (await t.tenant()).as("admin");
  admin = { ...admin, plane: { ...admin.plane, keks } };
  actors = await Promise.all([0, 1, 2].map(() => openCommandActor(t.database)));
});
afterAll(async () => {
  await Promise.all(actors.map((one) => one.close()));
  await t[Symbol.asyncDispose]();
});

interface Turn {
  readonly keyId: string;
  readonly name: string;
  readonly first: string;
  readonly next: string;
}

const actor = (n: number, work: (ctx: MemberContext) => Promise<unknown>): Actor =>
  actors[n]!.actor(again(admin), (ctx) => work({ ...ctx, plane: { ...ctx.plane, keks } }));

const use = (n: number, { name }: Turn) =>
  actor(n, async ({ plane, tenantId }) => {
    const who = { type: "system", id: "test" } as const;
    return (await useKey(plane, { tenantId, provider: "openai", name, who, purpose: "t" })).secret;
  });
const rotate = (n: number, { keyId, next }: Turn) =>
  actor(n, (ctx) => rotateKey(ctx, { keyId, secret: next, overlapSeconds: 0 }));
const retire = (n: number, { keyId }: Turn) => actor(n, (ctx) => retireKey(ctx, { keyId }));
/** The whole change of a KEK: until the old one is destroyed. */
const changeKek = (n: number) =>
  actor(n, async ({ plane }) => {
    const old = String(kid);
    keks.give(String(++kid));
    const by = { type: "member", id: "test" };
    let left = 1;
    while (left > 0) left = (await rotateKek(plane, { kid: String(kid), by })).remaining;
    await retireKek(plane, old);
    keks.take(old);
  });

const forEvery = (
  made: (turn: Turn) => Record<string, Actor>,
  check: (turn: Turn, result: Interleaved) => Promise<void>,
) =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { minLength: 4, maxLength: 24 }), async (choices) => {
      const name = `k${kid}-${newSecret()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, "")}`;
      const [first, next] = [newSecret(), newSecret()];
      const { id: keyId } = await putKey(again(admin), { provider: "openai", name, secret: first });
      const turn = { keyId, name, first, next };
      const monitor = await t.owner.connect();
      try {
        await check(turn, await interleave(monitor, made(turn), choices));
      } finally {
        monitor.release();
      }
    }),
    { numRuns: SCHEDULES },
  );

const count = async ({ keyId }: Turn, action: string): Promise<number> => {
  const { rows } = await t.owner.query(
    "select count(*)::int as n from secure_keys_audit where key_id = $1 and action = $2",
    [toUuid("secureKey", keyId), action],
  );
  return rows[0].n;
};

test(
  "a rotation without overlap and two uses: each is given the old key or the new one, and is noted once",
  () =>
    forEvery(
      (turn) => ({ rotate: rotate(0, turn), one: use(1, turn), two: use(2, turn) }),
      async (turn, { ended }) => {
        expect(ended["rotate"]?.code).toBeUndefined();
        for (const one of ["one", "two"]) {
          expect([turn.first, turn.next]).toContain(ended[one]?.value ?? ended[one]?.code);
        }
        expect([await count(turn, "used"), await count(turn, "refused")]).toEqual([2, 0]);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a rotation, a retirement and a use: given a key, or told that there is none",
  () =>
    forEvery(
      (turn) => ({ rotate: rotate(0, turn), retire: retire(1, turn), use: use(2, turn) }),
      async (turn, { ended }) => {
        expect([undefined, "conflict"]).toContain(ended["rotate"]?.code);
        expect(ended["retire"]?.code).toBeUndefined();
        expect([turn.first, turn.next, "key_missing"]).toContain(
          ended["use"]?.value ?? ended["use"]?.code,
        );
        expect(await count(turn, "refused")).toBe(0);
      },
    ),
  TIMEOUT_MS,
);

test(
  "a change of the KEK up to its destruction, a rotation and a use: no use fails, nothing is left behind",
  () =>
    forEvery(
      (turn) => ({ kek: changeKek(0), rotate: rotate(1, turn), use: use(2, turn) }),
      async (turn, { ended }) => {
        expect(ended["kek"]?.code).toBeUndefined();
        expect(ended["rotate"]?.code).toBeUndefined();
        expect([turn.first, turn.next]).toContain(ended["use"]?.value ?? ended["use"]?.code);
        expect(await count(turn, "refused")).toBe(0);
        const { rows } = await t.owner.query(
          "select distinct kek from secure_key_versions where kek is not null",
        );
        expect(rows).toEqual([{ kek: String(kid) }]);
      },
    ),
  TIMEOUT_MS,
);
