import { describe, expect, test } from "vitest";
import { toId } from "../vocabulary/ids.ts";
import {
  AGENT_API_BASE,
  AGENT_ROUTES,
  agentPath,
  ClaimRequest,
  CompleteRequest,
  matchAgentRoute,
  PATH_PARAMS,
} from "./index.ts";

const stepId = toId("step", "0192f0a1-0000-7000-8000-000000000001");
const artifactId = toId("artifact", "0192f0a1-0000-7000-8000-000000000002");
const messageId = toId("message", "0192f0a1-0000-7000-8000-000000000003");

describe("the table of routes", () => {
  test.each(Object.entries(AGENT_ROUTES))("%s has a path that leads back to it", (name, route) => {
    const params = {
      stepId,
      artifactId,
      messageId,
      tool: "deploy.production",
      capability: "code.patch",
    };
    const path = agentPath(name as keyof typeof AGENT_ROUTES, params);
    const match = matchAgentRoute(route.method, path);
    expect(match).toMatchObject({ found: true, name });
    for (const [key, value] of Object.entries(match.found ? match.params : {})) {
      expect(PATH_PARAMS[key as keyof typeof PATH_PARAMS].parse(value)).toBe(value);
    }
  });

  test("every POST has a body and every path parameter a schema", () => {
    for (const route of Object.values(AGENT_ROUTES)) {
      expect(route.request === undefined).toBe(route.method === "GET");
      for (const [, key] of route.path.matchAll(/\{(\w+)\}/g))
        expect(PATH_PARAMS).toHaveProperty(key!);
    }
  });

  test("an unknown path and a wrong method are told apart", () => {
    expect(matchAgentRoute("GET", `${AGENT_API_BASE}/steps/claim`)).toEqual({
      found: false,
      code: "method_not_allowed",
    });
    for (const path of [
      `${AGENT_API_BASE}/steps`,
      `${AGENT_API_BASE}/steps/x/y/complete`,
      "/steps/claim",
    ]) {
      expect(matchAgentRoute("POST", path)).toEqual({ found: false, code: "not_found" });
    }
  });
});

describe("requests", () => {
  const claim = { capabilities: ["code.patch"], max: 1, waitSeconds: 25, worker: "host:1" };

  test("limits of a claim are held", () => {
    expect(ClaimRequest.safeParse(claim).success).toBe(true);
    for (const wrong of [
      { max: 101 },
      { waitSeconds: 26 },
      { capabilities: [] },
      { agentId: "x" },
    ]) {
      expect(ClaimRequest.safeParse({ ...claim, ...wrong }).success).toBe(false);
    }
  });

  test("an output is any JSON that can be stored, and never absent", () => {
    for (const output of [null, 1, "x", [1], { a: { b: [] } }]) {
      expect(CompleteRequest.parse({ epoch: 1, output })).toEqual({ epoch: 1, output });
    }
    expect(CompleteRequest.safeParse({ epoch: 1 }).success).toBe(false);
    expect(
      CompleteRequest.safeParse({ epoch: 1, output: { a: "\u0000" } }).error?.issues[0]?.path,
    ).toEqual(["output", "a"]);
    expect(CompleteRequest.safeParse({ epoch: 1, output: "\ud800" }).success).toBe(false);
  });
});
