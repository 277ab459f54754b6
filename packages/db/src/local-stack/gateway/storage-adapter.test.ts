import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { createFileStorage } from "./storage-adapter.ts";
import { answerUpload, uploadRequest } from "./upload-request.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "nofx-files-"));
const storage = createFileStorage(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (key: string, text: string) =>
  storage.uploadObject("b", key, undefined, Buffer.from(text), "text/plain", "no-cache");
const get = async (key: string) => {
  const { body } = await storage.getObject("b", key, undefined);
  return new Response(body as ReadableStream).text();
};

it("keeps what is uploaded, whole or as a stream, and replaces it", async () => {
  const first = await put("a/b", "one");
  expect(first).toMatchObject({ size: 3, mimetype: "text/plain", cacheControl: "no-cache" });
  expect(await get("a/b")).toBe("one");
  const stream = new Blob(["two and more"]).stream() as ReadableStream;
  const second = await storage.uploadObject(
    "b",
    "a/b",
    undefined,
    stream,
    "text/plain",
    "no-cache",
  );
  expect(second.size).toBe(12);
  expect(second.eTag).not.toBe(first.eTag);
  expect(await get("a/b")).toBe("two and more");
});

it("keeps apart a key and one below it, odd keys, and the same key in another bucket", async () => {
  const keys = ["a", "a/b/c", "../../escape", "x".repeat(600), "ä ö/ü?#%"];
  for (const key of keys) await put(key, `of ${key}`);
  for (const key of keys) expect(await get(key)).toBe(`of ${key}`);
  await expect(storage.headObject("other", "a", undefined)).rejects.toThrow("ENOENT");
  expect(readdirSync(folder).every((name) => /^[0-9a-f]{2}$/.test(name))).toBe(true);
});

it("copies and removes", async () => {
  await put("source", "text");
  await storage.copyObject("b", "source", undefined, "b", "copy", undefined);
  await storage.deleteObject("b", "source", undefined);
  expect(await get("copy")).toBe("text");
  await expect(storage.headObject("b", "source", undefined)).rejects.toThrow("ENOENT");
  await storage.deleteObjects("b", ["copy", "never-was"]);
  await expect(storage.headObject("b", "copy", undefined)).rejects.toThrow("ENOENT");
});

it("leaves nothing of an upload that broke off", async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from("half"));
      controller.error(new Error("cut"));
    },
  });
  await expect(
    storage.uploadObject("b", "broken", undefined, broken, "text/plain", ""),
  ).rejects.toThrow("cut");
  await expect(storage.headObject("b", "broken", undefined)).rejects.toThrow("ENOENT");
});

it("an upload that may only create does not replace what a faster one stored", async () => {
  const create = <T>(work: () => Promise<T>) =>
    uploadRequest.run({ replaces: false, conflict: false }, work);
  let finish = () => {};
  const slow = new ReadableStream({
    start(controller) {
      finish = () => {
        controller.enqueue(Buffer.from("of the slow one"));
        controller.close();
      };
    },
  });
  const second = create(() => storage.uploadObject("b", "race", undefined, slow, "text/html", ""));
  const outcome = Promise.allSettled([second]);
  await create(() => put("race", "first"));
  finish();
  expect(await outcome).toMatchObject([{ status: "rejected", reason: { code: "EEXIST" } }]);
  expect(await get("race")).toBe("first");
  expect(await storage.headObject("b", "race", undefined)).toMatchObject({
    mimetype: "text/plain",
    size: 5,
  });
});

it("what an upload left behind that broke off long ago is in nobody's way", async () => {
  const only = createFileStorage(path.join(folder, "only"));
  const send = () => only.uploadObject("b", "k", undefined, Buffer.from("x"), "text/plain", "");
  const create = () => uploadRequest.run({ replaces: false, conflict: false }, send);
  await create();
  await expect(create()).rejects.toMatchObject({ code: "EEXIST" });
  const [parent] = readdirSync(path.join(folder, "only"));
  const [name] = readdirSync(path.join(folder, "only", parent!));
  const file = path.join(folder, "only", parent!, name!);
  const longAgo = new Date(statSync(file).mtimeMs - 120_000);
  utimesSync(file, longAgo, longAgo);
  await create();
  expect(readdirSync(path.join(folder, "only", parent!))).toHaveLength(2);
});

it.each([
  ["POST", "b/k", {}, false],
  ["POST", "b/k", { "x-upsert": "true" }, true],
  ["PUT", "b/k", {}, true],
  ["PUT", "upload/sign/b/k?token=none", { "x-upsert": "true" }, false],
  ["PUT", `upload/sign/b/k?token=e30.${btoa('{"upsert":true}')}.x`, {}, true],
])("%s %s %j replaces: %s", async (method, at, headers, replaces) => {
  const request = new Request(`http://x/storage/v1/object/${at}`, { method, headers });
  let seen: unknown;
  const response = await answerUpload(request, async () => {
    const state = uploadRequest.getStore();
    seen = state?.replaces;
    if (state) state.conflict = true;
    return new Response("broken", { status: 500 });
  });
  expect(seen).toBe(replaces);
  expect(await response.json()).toMatchObject({ statusCode: "409", error: "Duplicate" });
});
