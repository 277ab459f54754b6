import { randomUUID } from "node:crypto";
import type { AgentEndpointView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface SetOptions {
  concurrency?: number;
  timeout?: number;
  json?: boolean;
}

/** `nofx agents push show AGENT`. */
export async function show(agent: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  tell(agent, await api.agentEndpoint(agent), options);
}

/** `nofx agents push set AGENT URL`: the one time that the secret is shown. */
export async function set(agent: string, url: string, options: SetOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { concurrency: maxConcurrency, timeout: timeoutSeconds } = options;
  const wanted = {
    url,
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
  const answer = await api.setAgentEndpoint(agent, wanted, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(answer));
  tell(agent, answer.endpoint, options);
  if (answer.secret === null) {
    const rotate = `npx nofx agents push rotate ${printable(agent)}`;
    return console.log(dim(`Its secret is the one before. For a new one: ${rotate}`));
  }
  console.log(`\n${bold(answer.secret)}`);
  console.log(dim("The secret for handlePush of the SDK. It is not shown again."));
}

/** `nofx agents push on|off AGENT`. */
export async function turn(
  agent: string,
  active: boolean,
  options: { json?: boolean },
): Promise<void> {
  const { api } = await connectRunning("supervisor");
  tell(agent, await api.switchAgentEndpoint(agent, active, randomUUID()), options);
}

/** `nofx agents push remove AGENT`. */
export async function remove(agent: string): Promise<void> {
  const { api } = await connectRunning("supervisor");
  await api.removeAgentEndpoint(agent, randomUUID());
  console.log(`${green("✔")} ${printable(agent)} claims its steps itself.`);
}

/** `nofx agents push rotate AGENT`. */
export async function rotate(agent: string, options: { json?: boolean }): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const rotated = await api.rotateAgentEndpointSecret(agent, randomUUID());
  if (options.json === true) return console.log(JSON.stringify(rotated));
  // alone on standard output, so that a shell can take it
  console.log(rotated.secret ?? "");
  console.error(
    dim(`It is not shown again. The one before it signs too until ${rotated.previousUntil}.`),
  );
}

const WHY_OFF: Record<NonNullable<AgentEndpointView["disabledReason"]>, string> = {
  by_member: "switched off",
  failing: "its calls failed for too long",
  gone: "it answered that it is gone",
};

function tell(agent: string, endpoint: AgentEndpointView, options: { json?: boolean }): void {
  if (options.json === true) return console.log(JSON.stringify(endpoint));
  const { status, disabledReason, attempts, lastError } = endpoint;
  const on = status === "active";
  const why = disabledReason === null ? "" : `: ${WHY_OFF[disabledReason]}`;
  const rows = [
    ["posted to", bold(printable(endpoint.url))],
    ["status", on ? green(status) : red(`${status}${why}`)],
    ["at most", `${endpoint.maxConcurrency} steps at once, ${endpoint.timeoutSeconds} s a call`],
    ["last post", endpoint.pushedAt ?? dim("never")],
    ...(attempts === 0
      ? []
      : [
          [
            "in vain",
            yellow(`${attempts} ×, next at ${endpoint.nextAt}: ${printable(lastError ?? "")}`),
          ],
        ]),
  ];
  for (const line of columns(rows)) console.log(line);
  if (!on) console.log(dim(`Post its steps again: npx nofx agents push on ${printable(agent)}`));
}
