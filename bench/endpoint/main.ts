import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareDatabase } from "../lib/database.ts";
import { medianOf, quantile } from "../lib/numbers.ts";
import { startServer } from "../lib/server.ts";
import { countCalls, seedCaller, startGateway } from "./gateway.ts";
import { atOnce, inTurn, type Answer, type Target } from "./load.ts";
import { PORTKEY_VERSION, startPortkey } from "./portkey.ts";

// npm run bench:endpoint: what our endpoint adds to a call of a provider, with and without budgets, beside Portkey's gateway, which
// keeps no books. All take turns in one run against one provider on this machine that answers at once.

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    calls: { type: "string", default: "200" },
    width: { type: "string", default: "16" },
    seconds: { type: "string", default: "2" },
    "no-peer": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const calls = Number(values.calls);
const width = Number(values.width);
const seconds = Number(values.seconds);

const children: ChildProcess[] = [];
const server = await startServer();
try {
  const database = await prepareDatabase(await server.fresh("endpoint"));
  const provider = fork(join(import.meta.dirname, "provider-process.ts"));
  children.push(provider);
  const providerPort = await new Promise<number>((resolve) => {
    provider.once("message", (told) => resolve((told as { port: number }).port));
  });
  const [plain, budgeted] = [await seedCaller(database, false), await seedCaller(database, true)];
  const gateway = await startGateway(database, providerPort);
  children.push(gateway.child);
  const ours = { port: gateway.port, model: "bench/m", pids: [gateway.child.pid ?? 0] };
  const targets: Target[] = [
    {
      name: "direct",
      port: providerPort,
      headers: { authorization: "Bearer sk-bench-0123456789" },
      model: "m",
      pids: [],
    },
    { ...ours, name: "nofx", headers: { authorization: `Bearer ${plain}` } },
    { ...ours, name: "nofx, 3 budgets", headers: { authorization: `Bearer ${budgeted}` } },
  ];
  if (!values["no-peer"]) {
    const portkey = await startPortkey();
    children.push(portkey.child);
    targets.push({
      name: `portkey ${PORTKEY_VERSION}`,
      port: portkey.port,
      headers: {
        authorization: "Bearer sk-bench-0123456789",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": `http://127.0.0.1:${providerPort}/v1`,
      },
      model: "m",
      pids: [portkey.child.pid ?? 0],
    });
  }

  const whole = new Map<string, Answer[]>(targets.map(({ name }) => [name, []]));
  const streamed = new Map<string, Answer[]>(targets.map(({ name }) => [name, []]));
  const rates = new Map<string, number[]>(targets.map(({ name }) => [name, []]));
  const cpu = new Map<string, { us: number; calls: number }>(
    targets.map(({ name }) => [name, { us: 0, calls: 0 }]),
  );
  let asked = 0;
  // Portkey 1.15.2 answers 500 to a stream of an OpenAI-like provider on Node 24: it changes headers that are immutable there
  const streams = new Set<string>();
  const warmUp = async (target: Target) => {
    await inTurn(target, 100, false);
    const works = await inTurn(target, 50, true).then(
      () => true,
      () => false,
    );
    if (works) streams.add(target.name);
    await atOnce(target, width, 500);
  };
  for (const target of targets) await warmUp(target);
  for (let round = 0; round < rounds; round++) {
    // each round begins with another
    const order = targets.map((_, i) => targets[(i + round) % targets.length] as Target);
    for (const target of order) {
      const before = cpuOf(target.pids);
      whole.get(target.name)?.push(...(await inTurn(target, calls, false)));
      const used = cpu.get(target.name);
      if (used !== undefined) {
        used.us += cpuOf(target.pids) - before;
        used.calls += calls;
      }
      if (streams.has(target.name)) {
        streamed.get(target.name)?.push(...(await inTurn(target, Math.ceil(calls / 4), true)));
      }
      rates.get(target.name)?.push(await atOnce(target, width, seconds * 1_000));
      asked += calls;
    }
  }

  const direct = whole.get("direct")?.map(({ ms }) => ms) ?? [];
  const directFirst = streamed.get("direct")?.map(({ firstMs }) => firstMs) ?? [];
  const rows = targets.map(({ name, pids }) => {
    const ms = whole.get(name)?.map((one) => one.ms) ?? [];
    const first = streamed.get(name)?.map(({ firstMs }) => firstMs) ?? [];
    const used = cpu.get(name);
    return {
      name,
      p50Ms: medianOf(ms),
      p99Ms: quantile(ms, 0.99),
      addedP50Ms: medianOf(ms) - medianOf(direct),
      addedP99Ms: quantile(ms, 0.99) - quantile(direct, 0.99),
      addedFirstTokenP50Ms: first.length === 0 ? null : medianOf(first) - medianOf(directFirst),
      perSecond: medianOf(rates.get(name) ?? []),
      cpuMsPerCall: used === undefined || pids.length === 0 ? null : used.us / 1_000 / used.calls,
    };
  });
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else print(rows);
  const noted = await countCalls(database);
  console.log(
    `${noted} calls through NOFX noted with their exact cost. ${asked} calls timed in turn, ${rounds} rounds, ${width} at a time for throughput, ${availableParallelism()} cores shared by client, provider, gateways and Postgres.`,
  );
} finally {
  for (const child of children) child.kill("SIGKILL");
  await server.stop();
}

function print(rows: readonly Record<string, string | number | null>[]): void {
  const [head] = rows;
  if (head === undefined) return;
  const names = Object.keys(head);
  const cell = (value: string | number | null | undefined) =>
    typeof value === "number" ? value.toFixed(value >= 100 ? 0 : 2) : (value ?? "");
  console.log(`| ${names.join(" | ")} |`);
  console.log(`|${names.map(() => "---").join("|")}|`);
  for (const row of rows) console.log(`| ${names.map((name) => cell(row[name])).join(" | ")} |`);
}

/** CPU of processes so far, in microseconds. */
function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}
