import { expect, it } from "vitest";
import { readBody } from "./read-body.ts";

/** A request whose body arrives one byte at a time. */
function request(bytes: Uint8Array): Request {
  const body = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  return new Request("http://nofx.test/", { method: "POST", body, duplex: "half" } as RequestInit);
}

it("puts characters together that arrive in pieces", async () => {
  expect(await readBody(request(new TextEncoder().encode("schön 🎉")))).toBe("schön 🎉");
});

it.each([
  ["Latin-1", Uint8Array.of(0x22, 0xf6, 0x22)],
  ["a character cut off at the end", Uint8Array.of(0x22, 0xf0, 0x9f)],
])("refuses %s instead of storing something else", async (_, bytes) => {
  await expect(readBody(request(bytes))).rejects.toMatchObject({
    code: "invalid_json",
    detail: "The body is not UTF-8 text.",
  });
});
