import type { Credentials } from "../credentials/credentials.ts";
import type { Addresses } from "../system/state.ts";
import { bold, columns, dim, green } from "./style.ts";

/** What a newcomer reads when everything runs: where to go, how to get in, what happens, how to stop. */
export function screen(it: {
  addresses: Addresses;
  credentials: Credentials;
  now: { sentences: string[]; path: string };
  home: string;
  seconds: string;
}): string {
  const { dashboard } = it.addresses;
  const { supervisor, operator, admin } = it.credentials.people;
  const login = ({ email, password }: { email: string; password: string }) =>
    `${bold(email)}  password ${bold(password)}`;
  const rows = [
    ["Dashboard", bold(dashboard)],
    ["Supervisor", login(supervisor)],
    ["Operator", login(operator)],
    ...(admin === undefined ? [] : [["Admin", login(admin)]]),
    ...it.now.sentences.map((sentence, i) => [i === 0 ? "Now" : "", sentence]),
    ["", dim(`${dashboard}${it.now.path}`)],
    ["Data", it.home],
    ["", dim("sign-ins in credentials.json, logs in logs/")],
    ["Stop", "Ctrl-C here, or `npx nofx stop` elsewhere. More: `npx nofx help`"],
  ];
  return [
    "",
    `${green("●")} ${bold("NOFX Control Plane is running")} ${dim(`(ready in ${it.seconds})`)}`,
    "",
    ...columns(rows.map(([name = "", value = ""]) => [dim(name), value])),
    "",
  ].join("\n");
}
