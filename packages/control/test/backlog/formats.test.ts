import { readFileSync } from "node:fs";
import {
  editBacklog,
  importBacklog,
  listBacklog,
  moveBacklogItem,
  previewBacklog,
  selectBacklog,
} from "@nofx/control/backlog";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const file = (name: string) => readFileSync(new URL(`./files/${name}`, import.meta.url), "utf8");

type Caller = Awaited<ReturnType<Awaited<ReturnType<TestPlane["tenant"]>>["as"]>>;

async function keysOf(caller: Caller, pack: string) {
  const { items } = await listBacklog(caller, { pack, limit: 200 });
  return items.map(({ key }) => key);
}

async function nothingIn(tenantId: string) {
  const { rows } = await t.owner.query(
    `select (select count(*) from packs where tenant_id = $1) + (select count(*) from import_mappings where tenant_id = $1) as n`,
    [tenantId],
  );
  expect(Number(rows[0].n)).toBe(0);
}

test("a table is previewed without a trace, imported by its mapping, and its mapping is remembered", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const text = "Was,Wer,Prio\nA,ada,1\nB,grace,weit\nC,,\n";
  const plain = await previewBacklog(operator, { text, name: "plan.csv" });
  expect(plain).toMatchObject({ format: "csv", missing: ["title"], pack: "plan", rows: [] });
  expect(plain.columns.map(({ name, field, samples }) => [name, field, samples])).toEqual([
    ["Was", "ignore", ["A", "B", "C"]],
    ["Wer", "ignore", ["ada", "grace"]],
    ["Prio", "priority", ["1", "weit"]],
  ]);
  const untitled = await refusal(
    importBacklog(again(operator), { text, pack: "p", format: "csv" }),
  );
  expect(untitled.issues).toEqual([
    { path: "/mapping", message: "no column is taken for the title; there are Was, Wer, Prio" },
  ]);

  const mapping = { Was: "title", Wer: "owner" } as const;
  const asked = { text, mapping, pack: "p", format: "csv" } as const;
  const preview = await previewBacklog(operator, asked);
  expect(preview).toMatchObject({
    items: 2,
    refused: 1,
    created: 2,
    counts: "row",
    remembered: false,
  });
  expect(preview.rows.map(({ place, title, state }) => [place, title, state])).toEqual([
    [2, "A", "created"],
    [3, "B", "refused"],
    [4, "C", "created"],
  ]);
  expect(preview.rows[1]?.issues).toEqual([
    { field: "priority", message: expect.stringContaining('unknown priority "weit"') },
  ]);
  await nothingIn(tenant.id);

  const whole = await refusal(importBacklog(again(operator), asked));
  expect(whole.code).toBe("backlog_invalid");
  expect(whole.issues?.[0]).toMatchObject({ path: "/rows/3/priority" });
  expect(whole.issues?.[0]?.message).toMatch(/^row 3: unknown priority "weit"/);
  await nothingIn(tenant.id);

  const part = await importBacklog(again(operator), { ...asked, skipInvalid: true });
  expect(part).toMatchObject({ items: 2, created: 2, refused: 1, columns: ["Was", "Wer", "Prio"] });
  expect(part.refusedRows).toMatchObject([{ place: 3, title: "B", cells: ["B", "grace", "weit"] }]);
  const next = await previewBacklog(operator, {
    text: "Prio,Was,Wer\n1,A,ada\n2,B,grace\n",
    pack: "p",
    format: "csv",
  });
  expect(next).toMatchObject({ remembered: true, unchanged: 1, created: 1, refused: 0 });
  const other = { text, pack: "p", format: "csv", mapping: { Wer: "title" } } as const;
  const turned = await previewBacklog(operator, other);
  expect(turned.columns.map(({ field }) => field)).toEqual(["ignore", "title", "priority"]);
});

test("issues and tasks that come again change what changed, and nothing is there twice", async () => {
  const operator = await (await t.tenant()).as("operator");
  const issues = JSON.parse(file("gh-issues.json")) as Record<string, unknown>[];
  const first = await importBacklog(operator, { text: JSON.stringify(issues) });
  expect(first).toMatchObject({ pack: "shop", format: "github", created: 3, skipped: 1 });
  const later = [
    { ...issues[2], number: 40, title: "New" },
    ...issues.with(1, { ...issues[1], title: "Release" }),
  ];
  const second = await importBacklog(again(operator), { text: JSON.stringify(later) });
  expect(second).toMatchObject({ created: 1, updated: 1, unchanged: 2 });
  expect(await keysOf(operator, "shop")).toEqual(["gh-40", "gh-12", "gh-11", "gh-10"]);

  const tasks = "# Train\n\n- [ ] One\n- [ ] Two (needs: one)\n";
  await importBacklog(again(operator), { text: tasks });
  const grown = tasks.replace("- [ ] Two", "- [ ] Between\n- [ ] Two");
  expect(await importBacklog(again(operator), { text: grown })).toMatchObject({
    created: 1,
    unchanged: 2,
  });
  const closed = grown.replace("[ ] One", "[x] One");
  expect(await previewBacklog(operator, { text: closed })).toMatchObject({
    updated: 1,
    skipped: 1,
  });
});

test("nothing to import, no pack, another tenant's file: each is a sentence", async () => {
  const operator = await (await t.tenant()).as("operator");
  const done = await refusal(importBacklog(operator, { text: "- [x] all done\n" }));
  expect(done.detail).toBe(
    "There is nothing to import: no open tasks (`- [ ] title`), and 1 that are done already.",
  );
  const packless = await refusal(importBacklog(again(operator), { text: "- [ ] a\n" }));
  expect(packless.issues?.[0]?.path).toBe("/pack");
  const viewer = await (await t.tenant()).as("viewer");
  expect((await refusal(previewBacklog(viewer, { text: "- [ ] a\n" }))).code).toBe("forbidden");
  const [good, bad] = [shellItem("a"), shellItem("b", { needs: ["nowhere"] })];
  const some = await importBacklog(again(operator), {
    ...backlog("json", [good, bad]),
    skipInvalid: true,
  });
  expect(some).toMatchObject({ items: 1, refused: 1, format: "json" });
});

test("labels and priorities of many change at once, and back", async () => {
  const operator = await (await t.tenant()).as("operator");
  const items = ["a", "b", "c"].map((id) =>
    shellItem(id, { labels: id === "a" ? ["old", "both"] : ["both"] }),
  );
  await importBacklog(operator, backlog("p", [...items, shellItem("d", { priority: 1 })]));
  const before = (await listBacklog(operator, { pack: "p" })).items;
  const chosen = (await selectBacklog(operator, { pack: "p" })).items;
  expect(chosen.map(({ key }) => key)).toEqual(["a", "b", "c", "d"]);
  const ids = chosen.map(({ id }) => id);
  const edit = { items: ids, addLabels: ["new", "both"], removeLabels: ["old"], priority: 2 };
  const edited = await editBacklog(again(operator), edit);
  expect(edited.changed).toBe(4);
  const now = (await listBacklog(operator, { pack: "p" })).items;
  expect(now.map(({ labels, priority }) => [labels, priority])).toEqual([
    [["both", "new"], 2],
    [["both", "new"], 2],
    [["both", "new"], 2],
    [["new", "both"], 2],
  ]);
  for (const undo of edited.undo) await editBacklog(again(operator), undo);
  const after = (await listBacklog(operator, { pack: "p" })).items;
  const essence = (list: typeof after) =>
    list.map(({ key, labels, priority }) => [key, labels.toSorted(), priority]);
  expect(essence(after)).toEqual(essence(before));
  expect(await editBacklog(again(operator), { items: ids, removeLabels: ["none"] })).toEqual({
    changed: 0,
    undo: [],
  });

  const stranger = await (await t.tenant()).as("operator");
  expect((await refusal(editBacklog(stranger, edit))).code).toBe("not_found");
  const many = Array.from({ length: 50 }, (_, n) => `l${n}`);
  const crowded = await refusal(editBacklog(again(operator), { items: ids, addLabels: many }));
  expect(crowded.code).toBe("invalid_input");
  expect(await importBacklog(again(operator), backlog("p", items))).toMatchObject({ unchanged: 3 });
});

test("an item moves before or after another and back; imports leave the order alone from then on", async () => {
  const operator = await (await t.tenant()).as("operator");
  const document = (ids: string[]) =>
    backlog(
      "p",
      ids.map((id) => shellItem(id)),
    );
  await importBacklog(operator, document(["a", "b", "c", "d"]));
  await importBacklog(again(operator), document(["b", "a", "c", "d"]));
  expect(await keysOf(operator, "p")).toEqual(["b", "a", "c", "d"]);
  await importBacklog(again(operator), document(["a", "b", "c", "d"]));
  const { items } = await selectBacklog(operator, { pack: "p" });
  const id = (key: string) => items.find((one) => one.key === key)?.id ?? "";
  const move = (to: { item: string; before?: string; after?: string }) =>
    moveBacklogItem(again(operator), to);

  const moved = await move({ item: id("d"), before: id("b") });
  expect(await keysOf(operator, "p")).toEqual(["a", "d", "b", "c"]);
  expect(moved).toEqual({ moved: true, undo: { item: id("d"), after: id("c") } });
  expect(await move({ item: id("d"), after: id("a") })).toEqual({ moved: false, undo: null });
  await move({ item: id("a"), after: id("c") });
  expect(await keysOf(operator, "p")).toEqual(["d", "b", "c", "a"]);

  await importBacklog(again(operator), document(["x", "a", "y", "b", "c", "d"]));
  expect(await keysOf(operator, "p")).toEqual(["x", "d", "b", "c", "a", "y"]);
  const itself = await move({ item: id("a"), after: id("a") });
  expect(itself.moved).toBe(false);

  await importBacklog(again(operator), backlog("q", [shellItem("z")]));
  const other = (await selectBacklog(operator, { pack: "q" })).items[0]?.id ?? "";
  expect((await refusal(move({ item: other, after: id("a") }))).code).toBe("invalid_input");
});
