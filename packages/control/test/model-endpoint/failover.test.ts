import { HEALTH_OPTIONS } from "@nofx/core/model-router";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, endpointFixture, type EndpointFixture } from "./fixtures.ts";

let t: EndpointFixture;
beforeAll(async () => {
  t = await endpointFixture();
});
afterAll(() => t[Symbol.asyncDispose]());

const chain = (...models: string[]) => [
  { strategy: { type: "fallback", targets: models.map((model) => ({ model })) } },
];
const ask = (policy: string, headers?: Record<string, string>) =>
  t.post("/chat/completions", chat(`policy:${policy}`), headers);

describe("another provider stands in", () => {
  it("each try has a row and a cost of its own, and the answer tells them all", async () => {
    const first = await t.provider("bad-one");
    await t.provider("good-one");
    await t.policy("chain-one", chain("bad-one/m", "good-one/m"));
    first.next({ do: "error", status: 500, says: "key {key}" });
    const response = await ask("chain-one");
    expect(response.status).toBe(200);
    expect(response.headers.get("nofx-tried")).toBe("bad-one/m=overloaded, good-one/m=ok");
    expect(response.headers.get("nofx-attempts")).toBe("2");
    expect(response.headers.get("nofx-provider")).toBe("good-one");
    const [failed, answered] = await t.calls("provider in ('bad-one', 'good-one')");
    expect(failed).toMatchObject({ attempt: 1, error_code: "overloaded", cost_pico: 0 });
    expect(answered).toMatchObject({ attempt: 2, status: "succeeded", cost_pico: 22_000_000 });
    expect(answered?.call_id).toBe(failed?.call_id);
    expect(answered?.reservation_id).not.toBe(failed?.reservation_id);
  });

  it("a stream that fails before its first word is asked for elsewhere; what may be billed is counted", async () => {
    const first = await t.provider("bad-two");
    await t.provider("good-two");
    await t.policy("chain-two", chain("bad-two/m", "good-two/m"));
    first.next({ do: "cut", afterChunks: 0 });
    const body = chat("policy:chain-two", { stream: true });
    const response = await t.post("/chat/completions", body);
    expect(await response.text()).toContain("[DONE]");
    expect(response.headers.get("nofx-tried")).toBe("bad-two/m=cut_off, good-two/m=ok");
    const [cut] = await t.calls("provider = 'bad-two'");
    expect(cut).toMatchObject({ status: "failed", error_code: "cut_off", usage_estimated: true });
    expect(cut?.cost_pico).toBeGreaterThan(0);
  });

  it("one that is alone is asked again, as often as the caller allows; what is refused is not", async () => {
    const alone = await t.provider("alone");
    alone.next({ do: "error", status: 503 });
    const again = await t.post("/chat/completions", chat("alone/m"));
    expect(again.status).toBe(200);
    expect(again.headers.get("nofx-tried")).toBe("alone/m=overloaded, alone/m=ok");

    alone.next({ do: "error", status: 503 });
    const once = await t.post("/chat/completions", chat("alone/m"), { "nofx-max-attempts": "1" });
    expect(once.status).toBe(503);
    expect(await once.json()).toMatchObject({ error: { code: "provider_overloaded" } });

    alone.next({ do: "error", status: 400, says: "no such thing as {key}" });
    const refused = await t.post("/chat/completions", chat("alone/m"));
    const text = await refused.text();
    expect([refused.status, refused.headers.get("nofx-attempts")]).toEqual([400, "1"]);
    expect(text).toContain("refused_by_provider");
    // why, without the key that the provider repeats
    expect(text).toContain("no such thing as [redacted]");
  });

  it("a wait longer than anyone waits here is passed on to the caller", async () => {
    const busy = await t.provider("busy");
    busy.next({ do: "error", status: 429, headers: { "retry-after": "30" } });
    const response = await t.post("/chat/completions", chat("busy/m"));
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(response.headers.get("nofx-attempts")).toBe("1");
    expect(await response.json()).toMatchObject({
      error: { code: "rate_limit_exceeded", type: "rate_limit_error" },
    });
  });
});

describe("a provider that starts failing", () => {
  it("is left within five bad calls, and returned to within one interval after it heals; nobody sees an error", async () => {
    const sick = await t.provider("sick", { quality: 0.9 });
    await t.provider("well", { quality: 0.3 });
    await t.policy("heal", chain("sick/m", "well/m"));
    const asked = () => sick.requests.length;
    const answer = async () => {
      const response = await ask("heal");
      expect(response.status).toBe(200);
      await response.json();
      return response.headers.get("nofx-provider");
    };
    expect(await answer()).toBe("sick");

    sick.always({ do: "error", status: 500 });
    const before = asked();
    for (let call = 0; call < 12; call++) expect(await answer()).toBe("well");
    expect(asked() - before).toBeLessThanOrEqual(5);

    await t.plane.routing.flush();
    sick.always({ do: "answer" });
    expect(await answer()).toBe("well");
    await passes("sick", HEALTH_OPTIONS.probeIntervalMs);
    expect(await answer()).toBe("sick");
    expect(await answer()).toBe("sick");
  });
});

/** The clock of health is the database's: for time to pass there, all that is known of a provider becomes older. */
async function passes(provider: string, ms: number): Promise<void> {
  const { owner } = t.test;
  const { rows } = await owner.query<{ window: object }>(
    `select "window" from provider_health where tenant_id = $1 and provider = $2`,
    [t.tenantId, provider],
  );
  expect(rows).toHaveLength(1);
  const older = JSON.stringify(rows[0]?.window, (_, value: unknown) =>
    typeof value === "number" && value > Date.UTC(2020) ? value - ms : value,
  );
  await owner.query(
    `update provider_health set "window" = $3, updated_at = clock_timestamp() where tenant_id = $1 and provider = $2`,
    [t.tenantId, provider, older],
  );
  t.plane.routing.changed(t.tenantId);
}
