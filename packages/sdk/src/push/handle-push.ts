import { PushedStep, type PushAnswer } from "@nofx/core/contract";
import { introduce } from "../agents/introduce.ts";
import { processName } from "../agents/process.ts";
import { reporter } from "../agents/reporter.ts";
import type { Agent } from "../agents/define-agent.ts";
import type { AgentEvent } from "../agents/events.ts";
import { createAgentClient, systemClock, type Clock, type Fetch } from "../client/index.ts";
import { ShutdownError } from "../errors/index.ts";
import { executeStep, Heartbeats, stepInfo, type StepPorts } from "../steps/index.ts";
import type { AnyTask } from "../tasks/index.ts";
import { verifySigned } from "./verify.ts";

export interface PushOptions {
  /** What the plane signs with, `whsec_…`; two of them while one is replaced. */
  secret: string | readonly string[];
  /** Where the control plane is; where the signed message says, unless told. */
  url?: string | undefined;
  /** The agent's key, for steps that outlive the token in the message; without one that token is used. */
  key?: string | undefined;
  /** How long one call of this function may last; what the endpoint was registered with, unless told. */
  maxSeconds?: number | undefined;
  /**
   * Keeps the function alive for a promise after it has answered, where its host has that. With it a call is answered at
   * once, without it when the step is settled.
   */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Told what happens; lines on stderr unless given. */
  onEvent?: ((event: AgentEvent) => void) | undefined;
  /** Ports that tests replace. */
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
}

/** Before a call has to be over handlers are asked to stop, and then their steps are given back. */
const STOP_MS = 8_000;
const LEAVE_MS = 3_000;
const INTRODUCE_MS = 3_000;
/** So many messages are remembered: one that comes twice is executed once. */
const REMEMBERED = 1_000;

/**
 * An agent as a function behind HTTPS: the control plane posts a step to it, signed; the step is executed here, with
 * heartbeats and checkpoints as ever, and settled over the agent API. A call that dies is a lease that runs out, and a step
 * that takes longer than a call may last goes on in the next one, from its checkpoints.
 */
export function handlePush(
  agent: Agent,
  options: PushOptions,
): (request: Request) => Promise<Response> {
  const secrets = typeof options.secret === "string" ? [options.secret] : options.secret;
  if (secrets.length === 0 || secrets.some((secret) => !secret.startsWith("whsec_"))) {
    throw new TypeError("secret: expected what the endpoint was made with, whsec_…");
  }
  const clock = options.clock ?? systemClock;
  const seen = new Set<string>();
  let running = 0;
  let introduced: Promise<void> | undefined;

  return async (request) => {
    if (request.method !== "POST") return refusal(405, "Steps are posted here.");
    const signed = await verifySigned(request, secrets, clock.now());
    if (signed === undefined) return refusal(401, "The signature is missing, wrong or too old.");
    const pushed = PushedStep.safeParse(parseJson(signed.body));
    if (!pushed.success) return refusal(400, "This is not a step of this version of the SDK.");
    const task = agent.tasks.get(pushed.data.step.capability);
    if (task === undefined) {
      return refusal(404, `This function has no task for "${pushed.data.step.capability}".`);
    }
    if (seen.has(signed.id)) return answer(200, "repeated");
    if (running >= agent.concurrency) {
      return refusal(429, "All slots are taken.", { "retry-after": "1" });
    }
    remember(seen, signed.id);
    running += 1;
    introduced ??= introduceOnce(agent, pushed.data, options).catch(() => {
      introduced = undefined;
    });
    const executed = execute(task, pushed.data, options).finally(() => (running -= 1));
    // a host may freeze what it has been answered by
    const work = Promise.all([executed, introduced]).then(([outcome]) => outcome);
    if (options.waitUntil === undefined) return answer(200, await work);
    options.waitUntil(work);
    return new Response(null, { status: 202 });
  };
}

function portsOf(pushed: PushedStep, options: PushOptions) {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const send: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const url = options.url ?? pushed.url;
  const key = options.key ?? pushed.token;
  const client = createAgentClient({ url, key, fetch: send, clock, random });
  return { clock, random, send, url, client, emit: reporter(options.onEvent) };
}

/** Each instance of the function says once what its code is and takes, beside its first step. */
async function introduceOnce(
  agent: Agent,
  pushed: PushedStep,
  options: PushOptions,
): Promise<void> {
  const { clock, client, emit } = portsOf(pushed, options);
  const oneTry = { giveUpAt: clock.now(), timeoutMs: INTRODUCE_MS };
  await introduce(client, agent, processName(), emit, oneTry);
}

async function execute(
  task: AnyTask,
  pushed: PushedStep,
  options: PushOptions,
): Promise<PushAnswer["outcome"]> {
  const { step, leaseSeconds } = pushed;
  const { clock, random, send, emit, url, client } = portsOf(pushed, options);
  const onRetry: StepPorts["onRetry"] = (error, waitMs) =>
    emit({ type: "retrying", error, waitMs });
  const shutdown = new AbortController();
  const abandon = new AbortController();
  const done = new AbortController();
  void stopInTime(clock, options.maxSeconds ?? pushed.timeoutSeconds, done.signal, {
    shutdown,
    abandon,
  });
  const info = stepInfo(step);
  emit({ type: "step.started", step: info });
  try {
    const { outcome, ...why } = await executeStep(
      {
        client,
        clock,
        random,
        fetch: send,
        models: { url, bearer: () => client.bearer() },
        heartbeats: new Heartbeats({ client, clock, random, onRetry }),
        shutdown: shutdown.signal,
        abandon: abandon.signal,
        onRetry,
      },
      task,
      step,
      leaseSeconds,
      // how long it was on its way nobody here can say: the first heartbeat is due at once
      clock.now() - (leaseSeconds * 1_000) / 3,
    );
    emit({ type: "step.ended", step: info, outcome, ...why });
    return outcome;
  } finally {
    done.abort();
  }
}

async function stopInTime(
  clock: Clock,
  seconds: number,
  done: AbortSignal,
  stages: { shutdown: AbortController; abandon: AbortController },
): Promise<void> {
  const ms = seconds * 1_000;
  await clock.sleep(Math.max(ms - STOP_MS, ms / 2), done);
  if (done.aborted) return;
  stages.shutdown.abort(new ShutdownError());
  await clock.sleep(Math.min(STOP_MS - LEAVE_MS, ms / 4), done);
  if (!done.aborted) stages.abandon.abort(new ShutdownError());
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
}

function answer(status: number, outcome: PushAnswer["outcome"]): Response {
  return Response.json({ outcome } satisfies PushAnswer, { status });
}

function refusal(status: number, detail: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { title: detail, status },
    { status, headers: { "content-type": "application/problem+json", ...headers } },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
