import { NofxError } from "@nofx/core/errors";
import { settled } from "@nofx/core/testing";
import type { CheckpointItem } from "@nofx/db/leases";
import { expect, test } from "vitest";
import { coalesceCheckpoints } from "./coalesce-checkpoints.ts";

const item = (name: string): CheckpointItem => ({ stepId: name, epoch: 1, name, value: name });
const row = ({ name, value }: CheckpointItem) => ({ name, value, created: true });

test("the first goes at once, what comes while two are under way goes together, each answered for itself", async () => {
  const sent: string[][] = [];
  const open: (() => void)[] = [];
  const answered = () => new Promise<void>((resolve) => open.push(resolve));
  const store = coalesceCheckpoints({
    one: async (one) => {
      sent.push([one.name]);
      await answered();
      return row(one);
    },
    many: async (items) => {
      sent.push(items.map(({ name }) => name));
      await answered();
      return items.map((one) =>
        one.name === "stale" ? { error: "NX001", message: "lease_lost" } : row(one),
      );
    },
  });
  const stored = ["a", "b", "c", "stale", "d"].map((name) => store(item(name)));
  expect(sent).toEqual([["a"], ["b"]]);
  open[0]?.();
  expect(await stored[0]).toMatchObject({ name: "a", value: "a" });
  await settled();
  expect(sent.slice(2)).toEqual([["c", "stale", "d"]]);
  for (const resolve of open) resolve();
  const [, b, c, stale, d] = await Promise.allSettled(stored);
  expect([b, c, d]).toMatchObject(["b", "c", "d"].map((name) => ({ value: { name } })));
  expect(stale).toMatchObject({ status: "rejected", reason: { code: "lease_lost" } });
});

test("where the statement fails, all of it fails, and the next ones go on", async () => {
  const store = coalesceCheckpoints({
    one: async (one) => {
      if (one.name === "bad") throw new NofxError("unavailable");
      return row(one);
    },
    many: async () => {
      throw new NofxError("unavailable");
    },
  });
  const stored = await Promise.allSettled(["bad", "a", "b", "c"].map((name) => store(item(name))));
  expect(stored.map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "rejected",
    "rejected",
  ]);
  expect(await store(item("later"))).toMatchObject({ name: "later" });
});
