import { expect, test } from "vitest";
import { CheapHistogram, RecentLatency } from "./step-durations.ts";

test("buckets are cumulative, one set for each set of labels", async () => {
  const histogram = new CheapHistogram("h", "help", true);
  for (const seconds of [0.001, 0.01, 0.02, 4_000]) histogram.observe(seconds, "a", { kind: "a" });
  histogram.observe(1, "b", { kind: "b" });
  const { values } = await histogram.get();
  const of = (kind: string, le: number | string) =>
    values.find((one) => one.labels["kind"] === kind && one.labels["le"] === le)?.value;
  expect([0.01, 0.025, 1_800, "+Inf"].map((le) => of("a", le))).toEqual([2, 3, 3, 4]);
  expect([0.5, 1, "+Inf"].map((le) => of("b", le))).toEqual([0, 1, 1]);
  const sum = values.find((one) => one.metricName === "h_sum" && one.labels["kind"] === "a");
  expect(sum?.value).toBeCloseTo(4_000.031);
});

test("quantiles are right to a few parts in a hundred, and forget after ten minutes", async () => {
  let now = 5_000_000;
  const latency = new RecentLatency(() => now);
  for (let n = 1; n <= 1_000; n++) latency.observe(n / 1_000, "shell");
  const quantiles = async () =>
    (await latency.get()).values
      .filter(({ labels }) => labels["quantile"] !== undefined)
      .map(({ value }) => value);
  const [median = 0, high = 0] = await quantiles();
  expect(Math.abs(median / 0.5 - 1)).toBeLessThan(0.05);
  expect(Math.abs(high / 0.95 - 1)).toBeLessThan(0.05);
  now += 700_000;
  expect(await quantiles()).toEqual([0, 0]);
  latency.observe(2, "shell");
  expect((await quantiles())[0]).toBeCloseTo(2, 0);
});
