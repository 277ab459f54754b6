import type { QueueStats } from "@nofx/control/steps";
import { expect, test } from "vitest";
import { toId } from "@nofx/core/vocabulary";
import { answerAgentScale } from "./answer-agent-scale.ts";
import { answerScale, fresh } from "./answer-scale.ts";

const stats: QueueStats = {
  workers: 2,
  places: 8,
  queues: [
    {
      queue: "mail",
      ready: 200,
      delayed: 0,
      held: 0,
      in_flight: 4,
      oldest_seconds: 3,
      per_minute: 10,
      failure_rate: 0,
      paused: false,
      max_running: null,
    },
  ],
};
const ask = (text: string, queues = async () => stats) =>
  answerScale(new URLSearchParams(text), queues);

test("a scaler reads a number at a path; places come from the workers that are there", async () => {
  const response = await ask("queue=mail&max=50");
  expect(await response.json()).toMatchObject({ desiredWorkers: 6, currentWorkers: 2, ready: 200 });
  expect(await (await ask("")).json()).toMatchObject({ queue: "default", desiredWorkers: 0 });
});

test("a question that makes no sense is refused; a database that does not answer is no zero", async () => {
  expect((await ask("queue=mail&max=0")).status).toBe(400);
  const down = () => Promise.reject(new Error("down"));
  expect((await ask("queue=mail", down)).status).toBe(503);
});

test("the database is asked once in two seconds, and again at once after a failure", async () => {
  let now = 0;
  let asked = 0;
  let fails = false;
  const queues = fresh(
    async () => {
      asked += 1;
      if (fails) throw new Error("down");
      return stats;
    },
    () => now,
  );
  await queues();
  await queues();
  expect(asked).toBe(1);
  now = 2_000;
  fails = true;
  await expect(queues()).rejects.toThrow("down");
  fails = false;
  await queues();
  expect(asked).toBe(3);
});

test("agents are scaled by capability, each tenant's by its own work", async () => {
  const [one, other] = [
    "0192f0a1-0000-7000-8000-000000000001",
    "0192f0a1-0000-7000-8000-000000000002",
  ];
  const of = (tenant_id: string, ready: number) => ({
    tenant_id,
    capability: "code.patch",
    ready,
    oldest_seconds: 1,
    in_flight: 0,
    agents: 1,
    runners: 1,
    slots: 4,
    busy: 0,
    failure_rate: 0,
  });
  const demand = async () => [of(one, 40), of(other, 4)];
  const askFor = async (text: string) => {
    const response = await answerAgentScale(new URLSearchParams(text), demand);
    return { status: response.status, body: (await response.json()) as object };
  };
  const tenant = toId("tenant", one);
  expect(await askFor(`tenant=${tenant}&capability=code.patch`)).toMatchObject({
    status: 200,
    body: { desiredRunners: 10, currentRunners: 1, ready: 40 },
  });
  expect(await askFor(`tenant=${tenant}&capability=code.sing`)).toMatchObject({
    body: { desiredRunners: 0, ready: 0 },
  });
  expect((await askFor("capability=code.patch")).status).toBe(400);
});
