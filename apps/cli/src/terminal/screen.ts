import { logFile } from "../paths.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { Addresses } from "../system/state.ts";
import { bold, columns, dim, green } from "./style.ts";

/** What a newcomer reads when everything runs: where to go, how to get in, what happens, how to stop. */
export function screen(it: {
  addresses: Addresses;
  credentials: Credentials;
  now: { sentence: string; path: string };
  home: string;
  seconds: string;
}): string {
  const { dashboard } = it.addresses;
  const { supervisor, operator } = it.credentials.people;
  const rows = [
    ["Dashboard", bold(dashboard)],
    [
      "Supervisor",
      `${bold(supervisor.email)}   password ${bold(supervisor.password)}   decides approvals`,
    ],
    [
      "Operator",
      `${bold(operator.email)}     password ${bold(operator.password)}   imports, plans, runs`,
    ],
    ["Now", it.now.sentence],
    ["", dim(`${dashboard}${it.now.path}`)],
    ["Data", `${it.home} (sign-ins: credentials.json, logs: ${logFile("*", "logs").slice(5)})`],
    [
      "Stop",
      "Ctrl-C here, or `npx nofx stop` in another terminal. `npx nofx help` says what else.",
    ],
  ];
  return [
    "",
    `${green("●")} ${bold("NOFX Control Plane is running")} ${dim(`(ready in ${it.seconds})`)}`,
    "",
    ...columns(rows.map(([name = "", value = ""]) => [dim(name), value])),
    "",
  ].join("\n");
}
