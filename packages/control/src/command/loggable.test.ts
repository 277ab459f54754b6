import { NofxError } from "@nofx/core/errors";
import { expect, it } from "vitest";
import { loggable } from "./loggable.ts";

const refused = Object.assign(new Error("violates unique constraint"), {
  code: "23505",
  constraint: "items_key",
  detail: "Key (title)=(secret) already exists.",
  where: "PL/pgSQL function f('secret')",
  internalQuery: "select 'secret'",
});

it("keeps code, constraint and message of a database's error, and nothing of the rows", () => {
  const kept = loggable(new NofxError("internal", { cause: refused }));
  expect(kept.cause).toMatchObject({
    message: "violates unique constraint",
    code: "23505",
    constraint: "items_key",
  });
  expect(kept.cause?.stack).toContain("loggable.test");
  expect(JSON.stringify(kept)).not.toContain("secret");
  expect(JSON.stringify(loggable(new AggregateError([refused])))).not.toContain("secret");
});

it("keeps what is no error as text, and does not follow causes for ever", () => {
  expect(loggable("lost")).toEqual({ type: "string", message: "lost" });
  const loop = new Error("loop");
  loop.cause = loop;
  expect(JSON.stringify(loggable(loop)).length).toBeLessThan(50_000);
});
