import { randomUUID } from "node:crypto";
import process from "node:process";
import type { AppRouter } from "@nofx/web/api-types";
import {
  createTRPCClient,
  httpLink,
  retryLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import { observable } from "@trpc/server/observable";

const { NOFX_URL: url = "http://127.0.0.1:3000", NOFX_TOKEN: token = "" } = process.env;

/** One key for each command, kept when it is sent again: so it is carried out once. */
const oneKeyEach: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next({ ...op, context: { ...op.context, key: randomUUID() } }).subscribe(observer),
    );

const client = createTRPCClient<AppRouter>({
  links: [
    oneKeyEach,
    retryLink({
      retry: ({ error, attempts }) => attempts < 4 && (error.data?.httpStatus ?? 503) >= 500,
      retryDelayMs: (attempt) => 250 * 2 ** attempt,
    }),
    httpLink({
      url: `${url}/api/trpc`,
      headers: ({ op }) => ({
        authorization: `Bearer ${token}`,
        ...(op.type === "mutation" ? { "idempotency-key": String(op.context["key"]) } : {}),
      }),
    }),
  ],
});

const { role } = await client.session.get.query();
const submitted = await client.tasks.submit.mutate({
  tasks: [{ kind: "wait", with: { seconds: 1 }, title: "By tRPC" }],
});
const runs = await client.runs.list.query({ limit: 5 });
let refusal: string | undefined;
try {
  await client.flags.set.mutate({ name: "FEATURE_PLANNER_EXECUTE", enabled: true, note: "may I?" });
} catch (error) {
  if (!(error instanceof TRPCClientError)) throw error;
  refusal = (error as TRPCClientError<AppRouter>).data?.problem.code;
}
console.log(
  JSON.stringify({ role, submitted: submitted.runs.length, runs: runs.items.length, refusal }),
);
