import { expect, it } from "vitest";
import { assertSameOrigin } from "./same-origin.ts";

const from = (headers: Record<string, string>) => () =>
  assertSameOrigin(new Headers({ host: "nofx.test:3000", ...headers }));

it.each([
  [{ "sec-fetch-site": "same-origin" }],
  [{ origin: "http://nofx.test:3000" }],
  [{ "sec-fetch-site": "same-origin", origin: "http://nofx.test:3000" }],
  [{ origin: "https://public.example", "x-forwarded-host": "public.example" }],
])("lets our own pages through: %j", (headers) => {
  expect(from(headers)).not.toThrow();
});

it.each([
  [{}],
  [{ "sec-fetch-site": "cross-site" }],
  [{ "sec-fetch-site": "same-site", origin: "http://nofx.test:3000" }],
  [{ "sec-fetch-site": "none" }],
  [{ origin: "http://nofx.test:3001" }],
  [{ origin: "http://evil.example" }],
  [{ origin: "null" }],
])("refuses others: %j", (headers) => {
  expect(from(headers)).toThrow(
    expect.objectContaining({ code: "forbidden", detail: expect.stringContaining("Bearer") }),
  );
});
