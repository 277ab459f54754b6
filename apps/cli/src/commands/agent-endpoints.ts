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
  tell(await api.agentEndpoint(agent), options);
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
  tell(answer.endpoint, options);
  if (answer.secret === null) return;
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
  tell(await api.switchAgentEndpoint(agent, active, randomUUID()), options);
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
  console.log(bold(rotated.secret ?? ""));
  console.log(dim(`The one before it signs too until ${rotated.previousUntil}.`));
}

function tell(endpoint: AgentEndpointView, options: { json?: boolean }): void {
  if (options.json === true) return console.log(JSON.stringify(endpoint));
  const { status, disabledReason, attempts, lastError } = endpoint;
  const rows = [
    ["posted to", bold(printable(endpoint.url))],
    ["status", status === "active" ? green(status) : red(`${status} (${disabledReason})`)],
    ["at once", `${endpoint.maxConcurrency}, ${endpoint.timeoutSeconds} s a call`],
    ["last", endpoint.pushedAt ?? dim("never")],
    ...(attempts === 0
      ? []
      : [
          [
            "in vain",
            yellow(`${attempts} × ${printable(lastError ?? "")} Next ${endpoint.nextAt}`),
          ],
        ]),
  ];
  for (const line of columns(rows)) console.log(line);
}
