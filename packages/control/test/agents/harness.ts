import { randomUUID } from "node:crypto";
import type { Plane } from "@nofx/control/command";
import { handleAgentRequest } from "@nofx/control/http";
import type { ClaimedStep } from "@nofx/core/contract";

export const BASE = "http://plane.test/api/agent/v1";

export interface Answer {
  status: number;
  body: Record<string, unknown> & { code?: string; steps?: ClaimedStep[] };
}

/** The agent API of one process, as whoever holds this key or token sees it. */
export function agentApi(of: Plane, bearer: string) {
  // a server notes those it heard of together: one of its own hears of nobody else
  const plane = Object.create(of) as Plane;
  const send = async (request: Request): Promise<Answer> => {
    const response = await handleAgentRequest(plane, request);
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
  const headers = { authorization: `Bearer ${bearer}` };
  const post = (path: string, body: unknown) =>
    send(
      new Request(`${BASE}${path}`, {
        method: "POST",
        headers: {
          ...headers,
          "content-type": "application/json",
          "idempotency-key": randomUUID(),
        },
        body: JSON.stringify(body),
      }),
    );
  return {
    get: (path: string) => send(new Request(`${BASE}${path}`, { headers })),
    post,
    claim: (more: Record<string, unknown> = {}) =>
      post("/steps/claim", {
        capabilities: ["code.patch"],
        max: 10,
        waitSeconds: 0,
        worker: "runner-1",
        ...more,
      }),
  };
}

export const agentStep = (name: string) =>
  ({
    name,
    kind: "agent",
    capability: "code.patch",
    arguments: { capability: "code.patch", input: {} },
  }) as const;
