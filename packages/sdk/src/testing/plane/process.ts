import {
  AGENT_ROUTES,
  IDEMPOTENCY_KEY_HEADER,
  matchAgentRoute,
  type AgentRequest,
  type AgentRouteName,
} from "@nofx/core/contract";
import { issuesFromZod, NofxError, problemResponse } from "@nofx/core/errors";
import { defineAgent, type AgentEvent, type RunSummary } from "../../agents/index.ts";
import type { Fetch } from "../../client/index.ts";
import type { AnyTask } from "../../tasks/index.ts";
import { answerCall, handedOut } from "./answer-call.ts";
import { answerModel } from "./answer-model.ts";
import { giveBack } from "./claims.ts";
import type { Crashes, Moment } from "./crashes.ts";
import { executing, type Execution, type Watch } from "./executions.ts";
import { storage } from "./files.ts";
import { KEY, ORIGIN } from "./origin.ts";
import { changed, type PlaneState } from "./state.ts";
import { sweep } from "./sweep.ts";
import { watched } from "./watched-task.ts";

export interface ProcessOptions {
  state: PlaneState;
  crashes: Crashes;
  executions: Set<Execution>;
  tasks: readonly AnyTask[];
  concurrency: number;
  name: string;
  /** It died by a crash point. */
  onDeath: () => void;
  onEvent: (event: AgentEvent) => void;
  /** Of a replay. */
  watch?: Watch;
}

const never = new Promise<never>(() => {});

/** A process of the author's agent: the SDK's real runner, with the plane behind its fetch and virtual time for its clock. */
export class AgentProcess {
  readonly ended: Promise<RunSummary | undefined>;
  readonly name: string;
  /** What its handlers and calls threw that nobody was told of. */
  failure: unknown;
  readonly #options: ProcessOptions;
  readonly #stop = new AbortController();
  #dead = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.name = options.name;
    const { state, tasks, concurrency } = options;
    const agent = defineAgent({ tasks: tasks.map((task) => watched(task, this)), concurrency });
    this.ended = agent
      .run({
        url: ORIGIN,
        key: KEY,
        signal: this.#stop.signal,
        worker: this.name,
        fetch: this.#fetch,
        clock: state.time.clockOf(() => this.#dead),
        random: state.random,
        onEvent: options.onEvent,
      })
      .catch((error: unknown) => {
        if (!this.#dead) this.failure = error;
        return undefined;
      });
  }

  get isDead(): boolean {
    return this.#dead;
  }

  get executions(): Set<Execution> {
    return this.#options.executions;
  }

  /** Told to stop, as by SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  /** Gone, as by SIGKILL: nothing that it does reaches anybody any more. */
  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const one of this.executions) if (one.process === this) this.executions.delete(one);
    changed(this.#options.state);
    this.#options.state.time.note();
  }

  get watch(): Watch | undefined {
    return this.#options.watch;
  }

  /** Nothing comes back, and nobody waits for it. */
  standStill(): Promise<never> {
    const execution = executing.getStore();
    if (execution !== undefined) execution.parked += 1;
    return never;
  }

  /** Killed by what happens in it: it is started again. */
  die(): void {
    if (this.#dead) return;
    this.kill();
    this.#options.onDeath();
  }

  /** Never comes back where the process dies. */
  async reach(moment: Moment): Promise<void> {
    if (!this.#dead && this.#options.crashes.strikes(moment)) this.die();
    if (this.#dead) await never;
  }

  readonly #fetch: Fetch = async (url, init) => {
    const { state } = this.#options;
    state.time.note();
    if (this.#dead) return never;
    if (init.signal?.aborted === true) throw init.signal.reason;
    const path = new URL(url).pathname;
    const response = path.startsWith("/storage/")
      ? await storage(state, path, init)
      : path.endsWith("/chat/completions")
        ? await this.#model(init)
        : await this.#call(path, init);
    state.time.note();
    if (this.#dead) return never;
    return response;
  };

  async #model(init: RequestInit): Promise<Response> {
    if (this.watch === undefined) return answerModel(this.#options.state, init);
    this.watch.reached("a model");
    return this.standStill();
  }

  async #call(path: string, init: RequestInit): Promise<Response> {
    try {
      const match = matchAgentRoute(init.method ?? "GET", path);
      if (!match.found) {
        throw new NofxError(match.code, { detail: `A test plane has nothing at ${path}.` });
      }
      return await this.#answer(match.name, match.params, init);
    } catch (error) {
      if (!NofxError.is(error)) this.failure ??= error;
      return problemResponse(error);
    }
  }

  async #answer(
    name: AgentRouteName,
    params: Record<string, string>,
    init: RequestInit,
  ): Promise<Response> {
    const { state, tasks } = this.#options;
    const key = new Headers(init.headers).get(IDEMPOTENCY_KEY_HEADER) ?? "";
    const known = state.replies.get(key);
    if (known !== undefined) return replyOf(known);
    const { request } = AGENT_ROUTES[name];
    const parsed = request?.safeParse(
      JSON.parse(typeof init.body === "string" ? init.body : "null"),
    );
    if (parsed?.success === false) {
      throw new NofxError("invalid_input", { issues: issuesFromZod(parsed.error) });
    }
    const step = state.model.steps.get(state.ids.inner(params["stepId"] ?? ""))?.name;
    for (const moment of momentsBefore(name, step)) await this.reach(moment);
    const signal = init.signal ?? undefined;
    const watched = this.watch?.called({ name, body: parsed?.data }) ?? "answer";
    if (watched === "never") return this.standStill();
    if (watched !== "answer") return replyOf({ status: 200, body: JSON.stringify(watched.answer) });
    const answer = await answerCall(state, {
      name,
      params,
      body: parsed?.data as AgentRequest<AgentRouteName>,
      signal,
      capabilities: tasks.map(({ capability }) => capability),
    });
    const steps = handedOut(name, answer);
    if ((this.#dead || signal?.aborted === true) && steps.length > 0) giveBack(state, steps);
    if (name !== "claim" && name !== "heartbeats" && name !== "heartbeat") sweep(state);
    const reply = { status: 200, body: JSON.stringify(answer) };
    if (key !== "" && (name !== "claim" || steps.length > 0)) state.replies.set(key, reply);
    for (const { name: claimed } of steps) await this.reach({ at: "claimed", step: claimed });
    const checkpoint =
      name === "checkpoint"
        ? (parsed?.data as AgentRequest<"checkpoint"> | undefined)?.name
        : undefined;
    for (const moment of momentsAfter(name, step, checkpoint)) await this.reach(moment);
    return replyOf(reply);
  }
}

const SETTLES: readonly AgentRouteName[] = ["complete", "fail", "release"];

function momentsBefore(call: AgentRouteName, step: string | undefined): Moment[] {
  const settles = SETTLES.includes(call) ? [{ at: "before_settle" as const, step }] : [];
  return [...settles, { at: "before_call", call, step }];
}

function momentsAfter(
  call: AgentRouteName,
  step: string | undefined,
  checkpoint: string | undefined,
): Moment[] {
  const settles = SETTLES.includes(call) ? [{ at: "after_settle" as const, step }] : [];
  const stored = checkpoint === undefined ? [] : [{ at: "stored" as const, step, checkpoint }];
  return [...stored, ...settles, { at: "after_call", call, step }];
}

function replyOf({ status, body }: { status: number; body: string }): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}
