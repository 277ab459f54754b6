import { isRunning } from "@nofx/db/local-stack/process-identity";
import { connect } from "../client/connect.ts";
import { connectRunning, loginOf } from "../client/connect-running.ts";
import { credentialsFile } from "../credentials/credentials.ts";
import { home, shown } from "../paths.ts";
import { describeNow } from "../story/describe-now.ts";
import { isAlive, readState } from "../system/state.ts";
import { bold, columns, dim, green, red } from "../terminal/style.ts";

/** `nofx status`: what runs in this clone, and what waits for people. */
export async function status(options: { json?: boolean }): Promise<void> {
  const state = readState(home);
  if (state === undefined || !isAlive(state)) {
    console.log(
      options.json === true
        ? JSON.stringify({ running: false, home })
        : "NOFX does not run in this clone. Start it with: npm start",
    );
    return;
  }
  const processes = state.processes.map((one) => ({ ...one, alive: isRunning(one) }));
  const now = state.phase === "ready" ? await whatIsOn() : undefined;
  if (options.json === true) {
    const { pid, phase, command, startedAt, addresses } = state;
    console.log(
      JSON.stringify({
        running: true,
        home,
        pid,
        phase,
        command,
        startedAt,
        addresses,
        processes,
        now,
      }),
    );
    return;
  }
  const since = state.startedAt.replace(/\.\d+Z$/, "Z");
  console.log(
    `${green("●")} NOFX is ${state.phase} (${state.command}, process ${state.pid}, since ${since})`,
  );
  const rows = [
    ["Dashboard", bold(state.addresses?.dashboard ?? "not yet")],
    ["Now", now?.sentences.join(" ") ?? "not ready to say"],
    ["Sign-ins", shown(credentialsFile(home))],
    ...processes.map(({ name, pid, alive }) => [
      name,
      `${alive ? green("runs") : red("ended")} ${dim(`process ${pid}`)}`,
    ]),
  ];
  for (const line of columns(rows)) console.log(line);
}

async function whatIsOn() {
  const { api } = await connectRunning("operator");
  return describeNow(api, await connect({ ...loginOf("supervisor"), person: "supervisor" }));
}
