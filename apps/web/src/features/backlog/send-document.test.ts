import { expect, it, vi } from "vitest";
import { documentInput, fitsInline, typeOf } from "./send-document.ts";

const ticket = {
  uploadId: "upload_1",
  url: "http://storage.test/x",
  method: "PUT" as const,
  headers: {},
};

it("sends a small document as text, without any upload", async () => {
  const createUpload = vi.fn();
  const input = await documentInput(
    { name: "a.yaml", text: "version: 1" },
    { createUpload, put: vi.fn() },
    () => {},
  );
  expect(input).toEqual({ text: "version: 1" });
  expect(createUpload).not.toHaveBeenCalled();
});

it("puts a large one to a signed address first and says how far it is", async () => {
  const text = "é".repeat(3_000_000);
  const steps: unknown[] = [];
  const input = await documentInput(
    { name: "big.json", text },
    {
      createUpload: async (announced) => {
        steps.push(announced);
        return ticket;
      },
      put: async (to, body, onProgress) => {
        steps.push([to.url, body.size]);
        onProgress(1);
      },
    },
    (share) => steps.push(share),
  );
  expect(input).toEqual({ uploadId: "upload_1" });
  expect(steps).toEqual([
    { purpose: "backlog", contentType: "application/json", size: 6_000_000 },
    [ticket.url, 6_000_000],
    1,
  ]);
});

it("counts bytes as the request will hold them", () => {
  expect(fitsInline("x".repeat(4_000_000))).toBe(true);
  expect(fitsInline("\n".repeat(2_500_000))).toBe(false);
});

it.each([
  ["a.yml", "{}", "application/yaml"],
  ["a.json", "a: 1", "application/json"],
  ["pasted", '\n {"version": 1}', "application/json"],
  ["pasted", "version: 1", "application/yaml"],
])("takes %s with %j for %s", (name, text, type) => {
  expect(typeOf({ name, text })).toBe(type);
});
