import { expect, it, vi } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { restRoutes } from "./routes.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

const COMMITTED = "../../../../../docs/openapi.json";

it("is committed as it is served (write it anew with `vitest -u`)", async () => {
  const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(COMMITTED);
});

it("describes exactly the routes that are answered, each under a name of its own", () => {
  const { openapi, paths = {} } = openApiDocument();
  expect(openapi).toBe("3.1.0");
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      id: (operation as { operationId: string }).operationId,
    })),
  );
  expect(new Set(described.map(({ id }) => id)).size).toBe(described.length);
  expect(described).toHaveLength(restRoutes().length);
  for (const { path, method } of described) {
    const sample = path.replaceAll(/\{\w+\}/g, "x");
    const answers = restRoutes().filter(
      (route) => route.method === method && route.pattern.test(sample),
    );
    expect(answers).not.toHaveLength(0);
  }
});

/** They change nothing, and are sent by POST because what they ask about is too long for an address. */
const QUESTIONS = [
  "forecastPlan",
  "testGateRule",
  "replayGateRule",
  "checkRoutingPolicy",
  "whatIfRoute",
  "whatIfDispatch",
];

it("asks for an Idempotency-Key on every POST that changes something, and answers every error as a problem", () => {
  const items = Object.values(openApiDocument().paths ?? {});
  const operations = items.flatMap((item) => [item.get, item.post].filter((one) => one != null));
  const refusals = operations.flatMap((operation) =>
    Object.entries(operation.responses ?? {}).filter(([status]) => status !== "200"),
  );
  const types = refusals.flatMap(([, response]) => Object.keys(response.content ?? {}));
  expect(new Set(types)).toEqual(new Set(["application/problem+json"]));
  for (const { operationId, parameters } of items.flatMap((item) => item.post ?? [])) {
    if (QUESTIONS.includes(operationId ?? "")) continue;
    expect(parameters).toContainEqual(expect.objectContaining({ name: "Idempotency-Key" }));
  }
});

it("has the addresses that the source documents name", () => {
  const { paths = {} } = openApiDocument();
  expect(paths["/auto-planner/plan"]?.post).toBeDefined();
  expect(paths["/auto-planner/execute"]?.post).toBeDefined();
  expect(paths["/gates/{planId}"]?.get).toBeDefined();
  expect(paths["/approvals/{approvalId}"]?.post).toBeDefined();
  expect(paths["/automation/override"]?.post).toBeDefined();
  expect(paths["/runs/{runId}"]?.get).toBeDefined();
});
