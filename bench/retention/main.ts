import { parseArgs } from "node:util";
import { withClient } from "@nofx/db/testing";
import { prepareDatabase, type BenchDatabase } from "../lib/database.ts";
import { startServer } from "../lib/server.ts";
import { drain } from "./drain.ts";
import { load } from "./load.ts";

// npm run bench:retention: throughput beside a long history against that of an empty database, on one server by turns.

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "5000000" },
    tasks: { type: "string", default: "10000" },
    pairs: { type: "string", default: "7" },
    json: { type: "boolean", default: false },
  },
});
const steps = Number(values.steps);
const tasks = Number(values.tasks);
const pairs = Number(values.pairs);
/** Of the throughput of the empty database; what the design promises. */
const PROMISED = 0.9;

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const say = (text: string) => values.json || console.log(text);

async function measure(database: BenchDatabase): Promise<number> {
  // what the last round left to write is not this round's
  await withClient(database.adminUrl, (client) => client.query("checkpoint"));
  const { enqueueMs, drainMs } = await drain(database, tasks);
  return (tasks / (enqueueMs + drainMs)) * 1_000;
}

const server = await startServer();
try {
  const full = await prepareDatabase(await server.fresh("with_history"));
  const empty = await prepareDatabase(await server.fresh("without_history"));
  const began = performance.now();
  await load(full.adminUrl, steps, (done) => {
    if (done % 500_000 === 0) say(`loaded ${done.toLocaleString("en")} steps`);
  });
  const { rows } = await withClient(full.adminUrl, (client) =>
    client.query<{ size: string }>(
      "select pg_size_pretty(pg_database_size(current_database())) as size",
    ),
  );
  say(
    `history of ${steps.toLocaleString("en")} steps: ${rows[0]?.size}, ${Math.round((performance.now() - began) / 1_000)} s`,
  );
  // both have met every statement before the first pair
  for (const database of [full, empty]) await measure(database);

  const rates: { full: number; empty: number }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? (["full", "empty"] as const) : (["empty", "full"] as const);
    const rate = { full: 0, empty: 0 };
    for (const which of order) rate[which] = await measure(which === "full" ? full : empty);
    rates.push(rate);
    say(
      `pair ${pair + 1}: ${Math.round(rate.full)}/s beside the history, ${Math.round(rate.empty)}/s on the empty database`,
    );
  }
  const result = {
    steps,
    tasks,
    pairs,
    full: Math.round(median(rates.map((rate) => rate.full))),
    empty: Math.round(median(rates.map((rate) => rate.empty))),
    ratio: 0,
    ratioOfPairs: Number(median(rates.map((rate) => rate.full / rate.empty)).toFixed(3)),
  };
  result.ratio = Number((result.full / result.empty).toFixed(3));
  if (values.json) console.log(JSON.stringify(result));
  say(
    `medians: ${result.full}/s beside the history, ${result.empty}/s empty: ratio ${result.ratio} (median of the pairs' ${result.ratioOfPairs}), promised ${PROMISED}`,
  );
  process.exitCode = result.ratio >= PROMISED ? 0 : 1;
} finally {
  await server.stop();
}
