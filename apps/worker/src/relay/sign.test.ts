import { createHmac, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { signedHeaders } from "./sign.ts";

const bytes = randomBytes(32);
const secret = `whsec_${bytes.toString("base64")}`;
const at = new Date();
const body = '{"type":"run.started"}';
const id = "0192f0c1-0000-7000-8000-000000000001";

test("signs what the specification says, with the key behind the prefix", () => {
  const headers = signedHeaders([secret], { id, at, body });
  const seconds = Math.floor(at.getTime() / 1_000);
  const expected = createHmac("sha256", bytes).update(`${id}.${seconds}.${body}`).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  expect(headers["webhook-timestamp"]).toBe(String(seconds));
});

test("either secret opens it while one replaces the other, and no other does", () => {
  const next = `whsec_${randomBytes(32).toString("base64")}`;
  const headers = signedHeaders([next, secret], { id, at, body });
  for (const one of [secret, next])
    expect(new Webhook(one).verify(body, headers)).toEqual(JSON.parse(body));
  const other = new Webhook(`whsec_${randomBytes(32).toString("base64")}`);
  expect(() => other.verify(body, headers)).toThrow("No matching signature found");
  expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow(
    "No matching signature found",
  );
  expect(() => new Webhook(secret).verify(body, { ...headers, "webhook-id": "x" })).toThrow(
    "No matching signature found",
  );
});
