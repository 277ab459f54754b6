import { expect, it } from "vitest";
import { allowBrowsers, answerPreflight } from "./cors.ts";

const ask = (method: string, headers: Record<string, string>) =>
  answerPreflight(new Request("http://127.0.0.1/auth/v1/token", { method, headers }));

it("lets a browser send the headers that it asks for", () => {
  const answer = ask("OPTIONS", {
    "access-control-request-method": "POST",
    "access-control-request-headers": "apikey,authorization",
  });
  expect(answer?.status).toBe(204);
  expect(answer?.headers.get("access-control-allow-headers")).toBe("apikey,authorization");
  expect(answer?.headers.get("access-control-allow-origin")).toBe("*");
});

it("leaves every other request alone", () => {
  expect(ask("OPTIONS", {})).toBeUndefined();
  expect(ask("POST", { "access-control-request-method": "POST" })).toBeUndefined();
});

it("makes every answer readable from another origin, and never with cookies", async () => {
  const plain = new Response("body", {
    status: 201,
    headers: { "x-kept": "1", "access-control-allow-credentials": "true" },
  });
  const answer = allowBrowsers(plain);
  expect(answer.status).toBe(201);
  expect(answer.headers.get("x-kept")).toBe("1");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
  expect(await answer.text()).toBe("body");
});
