import { randomUUID } from "node:crypto";
import process from "node:process";
import { getSession, listRuns, setFlag, submitTasks } from "./nofx/index.ts";
import { createClient } from "./nofx/client/index.ts";

const { NOFX_URL: url = "http://127.0.0.1:3000", NOFX_TOKEN: token = "" } = process.env;

const client = createClient({ baseUrl: `${url}/api`, auth: () => token });
/** One for each command; the same again when it is sent again. */
const once = () => ({ "Idempotency-Key": randomUUID() });

const { role } = (await getSession({ client, throwOnError: true })).data;
const submitted = await submitTasks({
  client,
  headers: once(),
  body: { tasks: [{ kind: "wait", with: { seconds: 1 }, title: "By REST" }] },
  throwOnError: true,
});
const runs = await listRuns({ client, query: { limit: 5 }, throwOnError: true });
const { error: refusal } = await setFlag({
  client,
  headers: once(),
  path: { name: "FEATURE_PLANNER_EXECUTE" },
  body: { enabled: true, note: "may I?" },
});
console.log(
  JSON.stringify({
    role,
    submitted: submitted.data.runs.length,
    runs: runs.data.items.length,
    refusal: refusal?.code,
  }),
);
