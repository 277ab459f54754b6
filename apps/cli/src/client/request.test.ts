import { NofxError } from "@nofx/core/errors";
import { expect, it } from "vitest";
import { z } from "zod";
import { Interrupted } from "../errors.ts";
import { ask, command, type RequestOptions } from "./request.ts";

const Answer = z.object({ n: z.number() });

function serverOf(...answers: (Response | Error)[]) {
  const seen: { url: string; init: RequestInit }[] = [];
  const fetchLike: typeof fetch = async (input, init = {}) => {
    seen.push({ url: new Request(input).url, init });
    const answer = answers.shift() ?? new Error("asked too often");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const options: RequestOptions = {
    baseUrl: "http://web",
    accessToken: "token",
    fetch: fetchLike,
    firstWaitMs: 1,
  };
  return { options, seen };
}

const problem = (code: string, status: number, more: object = {}) =>
  Response.json({ type: "t", title: "t", status, code, ...more }, { status });

it("asks with what was asked for, as who is signed in", async () => {
  const { options, seen } = serverOf(Response.json({ n: 1 }));
  expect(await ask(options, "/runs", Answer, { limit: 5, status: undefined })).toEqual({ n: 1 });
  expect(seen[0]?.url).toBe("http://web/api/runs?limit=5");
  expect(seen[0]?.init.headers).toEqual({ authorization: "Bearer token" });
});

it("repeats a command under the same key when the answer may have been lost", async () => {
  const { options, seen } = serverOf(
    new TypeError("fetch failed"),
    problem("unavailable", 503),
    problem("idempotency_in_flight", 409),
    Response.json({ n: 2 }),
  );
  expect(await command(options, "/backlog/import", Answer, { a: 1 }, "key")).toEqual({
    n: 2,
  });
  expect(seen).toHaveLength(4);
  for (const { init } of seen) {
    expect(init.headers).toMatchObject({ "idempotency-key": "key" });
    expect(init.body).toBe('{"a":1}');
  }
});

it("does not repeat what was refused, and keeps why", async () => {
  const issues = [
    { path: "/items/0", message: "no", item: "a" },
    { path: "/pack", message: "gone" },
  ];
  const { options, seen } = serverOf(
    problem("backlog_invalid", 422, { detail: "Two things.", issues }),
  );
  const error = await command(options, "/backlog/import", Answer, {}, "key").catch(
    (one: unknown) => one,
  );
  expect(NofxError.is(error) && error).toMatchObject({
    code: "backlog_invalid",
    detail: "Two things.",
    issues,
  });
  expect(seen).toHaveLength(1);
});

it("gives up on a server that is not there, in a sentence", async () => {
  const { options, seen } = serverOf(
    ...Array.from({ length: 5 }, () => new TypeError("fetch failed")),
  );
  await expect(ask(options, "/runs", Answer)).rejects.toMatchObject({
    code: "unavailable",
    detail: expect.stringContaining("http://web does not answer"),
  });
  expect(seen).toHaveLength(5);
});

it("takes an answer that is no problem document for what it is", async () => {
  const { options } = serverOf(new Response("<html>", { status: 404 }));
  await expect(ask(options, "/runs", Answer)).rejects.toMatchObject({ code: "internal" });
});

it("stops when it is told to", async () => {
  const stop = new AbortController();
  const { options } = serverOf(new TypeError("fetch failed"), Response.json({ n: 1 }));
  const asked = ask({ ...options, signal: stop.signal }, "/runs", Answer);
  stop.abort(new Interrupted());
  await expect(asked).rejects.toThrow(Interrupted);
});
