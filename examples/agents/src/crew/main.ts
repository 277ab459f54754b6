import process from "node:process";
import { defineAgent, NofxApiError } from "@nofx/sdk";
import { crew } from "./crew.ts";

const { NOFX_URL: url = "http://127.0.0.1:8790", NOFX_AGENT_KEY: key } = process.env;
if (!key) {
  console.error("NOFX_AGENT_KEY is not set: it takes an agent key that begins with nofx_ak_.");
  process.exit(2);
}

try {
  await defineAgent({ tasks: [crew], concurrency: 1 }).run({
    url,
    key,
    prefetch: 0,
    onEvent: () => {},
  });
} catch (error) {
  if (!NofxApiError.is(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
