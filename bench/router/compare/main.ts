import { parseArgs } from "node:util";
import { compare } from "./compare.ts";

// npm run router:compare:v1v2: the same traffic by both engines: the difference in cost, latency, errors and quality. Recorded traffic is a
// file of JSON lines, {at, request} or calls of the ledger; with --auto the policy chooses whatever model they name. With ROUTER_SELECT_URL routes are asked for there (ROUTER_SELECT_KEY goes along as a bearer token),
// else they are decided here among made-up models. No model is ever asked.

const { values } = parseArgs({
  options: {
    traffic: { type: "string" },
    auto: { type: "boolean", default: false },
    /** A policy's document, for decisions made here. */
    policy: { type: "string" },
    calls: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

try {
  const { ROUTER_SELECT_URL: url, ROUTER_SELECT_KEY: key } = process.env;
  console.log(await compare({ ...values, calls: Number(values.calls), url, key }));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
