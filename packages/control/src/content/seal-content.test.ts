import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { importKek } from "../vault/keks.ts";
import { openContent, rewrapContentKey, sealContent } from "./seal-content.ts";

const kekNamed = (kid: string) => importKek({ kid, k: randomBytes(32).toString("base64url") });
/** What the two ciphers say of what is not theirs. */
const CLOSED = /operation failed|unable to authenticate/;
const item = () => ({ tenantId: randomUUID(), id: randomUUID() });

it("opens what was sealed, in its place alone, with its key alone", async () => {
  const kek = await kekNamed("1");
  const other = await kekNamed("1");
  const find = async () => kek;
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const here = item();
      const sealed = await sealContent(value, here, kek);
      expect(await openContent(sealed, here, find)).toEqual(JSON.parse(JSON.stringify(value)));
      for (const elsewhere of [
        { ...here, id: randomUUID() },
        { ...here, tenantId: randomUUID() },
      ]) {
        await expect(openContent(sealed, elsewhere, find)).rejects.toThrow(CLOSED);
      }
      await expect(openContent(sealed, here, async () => other)).rejects.toThrow(CLOSED);
      const { wrapped } = await sealContent(value, here, kek);
      await expect(openContent({ ...sealed, wrapped }, here, find)).rejects.toThrow(CLOSED);
    }),
    { numRuns: 30 },
  );
});

it("is opened after its key was wrapped anew, by the new KEK alone", async () => {
  const [from, to] = [await kekNamed("1"), await kekNamed("2")];
  const here = item();
  const sealed = await sealContent({ a: "text" }, here, from);
  const wrapped = await rewrapContentKey(sealed, here, from, to);
  const again = { ...sealed, wrapped, kek: "2" };
  expect(await openContent(again, here, async () => to)).toEqual({ a: "text" });
  await expect(openContent(again, here, async () => from)).rejects.toThrow(CLOSED);
});

it("needs no KEK where there is none, and the hash of the same content is another each time", async () => {
  const here = item();
  const [one, two] = [
    await sealContent("yes", here, undefined),
    await sealContent("yes", here, undefined),
  ];
  expect(one.kek).toBeNull();
  expect(await openContent(one, here, async () => undefined)).toBe("yes");
  expect(one.contentHash).not.toBe(two.contentHash);
});
