import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWorkspaces, removeHalfMade } from "./ensure-workspace.ts";
import { findInside, placeInside } from "./inside.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nofx-workspace-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const RUN = "0192f0a1-0000-7000-8000-000000000001";

function put(path: string, text = path): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

test("a workspace is the source without what earlier work left there", async () => {
  for (const path of [
    "src/a.js",
    "src/node_modules/x.js",
    "src/.git/HEAD",
    "src/out/old.txt",
    "src/deep/keep.txt",
  ])
    put(path);
  put("src/.gitignore", "# comment\n/out/\n!keep.txt\n*.log\ndeep/keep.txt\n");
  put("src/run.log");
  const workspaces = createWorkspaces({ folder: join(root, "runs"), root, newUuid: randomUUID });
  const folder = await workspaces.ensure(RUN, "src");
  expect(readdirSync(folder).sort()).toEqual([".gitignore", "a.js", "deep", "run.log"]);
  expect(readdirSync(join(root, "runs"))).toEqual([RUN]);
});

test("it is made once, also when asked for by many at once, and keeps what steps did to it", async () => {
  put("src/a.txt", "1");
  const ask = () =>
    createWorkspaces({ folder: join(root, "runs"), root, newUuid: randomUUID }).ensure(RUN, "src");
  const folders = await Promise.all(Array.from({ length: 8 }, ask));
  expect(new Set(folders).size).toBe(1);
  writeFileSync(join(folders[0]!, "a.txt"), "2");
  expect(readFileSync(join(await ask(), "a.txt"), "utf8")).toBe("2");
});

test("a source that holds the workspaces is copied without them", async () => {
  put("a.txt");
  const folder = await createWorkspaces({
    folder: join(root, ".state/runs"),
    root,
    newUuid: randomUUID,
  }).ensure(RUN, ".");
  expect(existsSync(join(folder, "a.txt"))).toBe(true);
  expect(existsSync(join(folder, ".state/runs"))).toBe(false);
});

test("what a local stack keeps, its keys above all, is neither a source nor copied with one", async () => {
  put("a.txt");
  put(".state/keys.json");
  put(".state/deep/keys.json");
  symlinkSync(".state/deep", join(root, "link"));
  const state = join(root, ".state");
  const workspaces = createWorkspaces({
    folder: join(state, "runs"),
    root,
    state,
    newUuid: randomUUID,
  });
  for (const source of [".state", ".state/deep", "link"]) {
    await expect(workspaces.ensure(RUN, source)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("NOFX_HOME"),
    });
  }
  const folder = await workspaces.ensure(RUN, ".");
  expect(readdirSync(folder).sort()).toEqual(["a.txt", "link"]);
});

test("copies that a worker died over are cleared away, younger ones and workspaces are not", async () => {
  put("runs/.old.1.part/a.txt");
  put("runs/.new.2.part/a.txt");
  put(`runs/${RUN}/a.txt`);
  const now = new Date();
  const longAgo = new Date(now.getTime() - 2 * 3_600_000);
  utimesSync(join(root, "runs/.old.1.part"), longAgo, longAgo);
  utimesSync(join(root, "runs", RUN), longAgo, longAgo);
  await removeHalfMade(join(root, "runs"), now);
  expect(readdirSync(join(root, "runs")).sort()).toEqual([".new.2.part", RUN]);
  await removeHalfMade(join(root, "nowhere"), now);
});

test("no path leads out of a workspace, neither by dots nor by links", async () => {
  put("work/in.txt");
  put("secret.txt");
  symlinkSync("../secret.txt", join(root, "work/link.txt"));
  symlinkSync("..", join(root, "work/up"));
  const work = join(root, "work");
  expect(await findInside(work, "in.txt")).toMatch(/in\.txt$/);
  expect(await findInside(work, "nothing.txt")).toBeUndefined();
  expect(await findInside(work, "in.txt/below")).toBeUndefined();
  for (const path of ["link.txt", "../secret.txt", "up/secret.txt"]) {
    await expect(findInside(work, path)).rejects.toMatchObject({ code: "invalid_input" });
  }
  expect(await placeInside(work, "new/deep/file.txt")).toMatch(/work\/new\/deep\/file\.txt$/);
  for (const path of ["../new.txt", "up/new.txt", "up/a/b.txt", "."]) {
    await expect(placeInside(work, path)).rejects.toMatchObject({ code: "invalid_input" });
  }
});
