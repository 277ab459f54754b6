import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type {
  AgentRequest,
  AgentResponse,
  AgentRouteName,
  ApprovalAnswer,
  ClaimedStep,
  MetWait,
  NeededStep,
  ToolRunStatus,
} from "@nofx/core/contract";
import { toolCheckpoint } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import {
  AGENT_ID,
  newArtifactId,
  newEventId,
  newMessageId,
  newRunId,
  newStepId,
  newToolRunId,
  TENANT_ID,
} from "./ids.ts";

type Status = "queued" | "assigned" | "succeeded" | "failed" | "cancelled";

export interface FakeStep {
  id: string;
  runId: string;
  name: string;
  capability: string;
  input: Record<string, unknown>;
  status: Status;
  held: boolean;
  epoch: number;
  attempt: number;
  leaseUntil: number;
  cancelRequested: boolean;
  checkpoints: Map<string, unknown>;
  approvals: Map<string, ApprovalAnswer>;
  uses: Map<string, { toolRunId: string; status: ToolRunStatus }>;
  begun: AgentRequest<"toolBegin">[];
  asked: AgentRequest<"approval">[];
  /** What each wait was met by; a wait that is open has none. */
  waits: Map<string, MetWait | undefined>;
  waited: AgentRequest<"wait">[];
  emitted: AgentRequest<"emit">[];
  messages: AgentRequest<"message">[];
  children: Map<string, AgentRequest<"spawn">["children"][number]>;
  undos: Map<string, AgentRequest<"checkpoint">["undo"]>;
  needs: NeededStep[];
  logs: { epoch: number; seq: number; level: string; text: string }[];
  progress: unknown[];
  heartbeats: number;
  artifacts: Map<string, string>;
  output?: unknown;
  errors: AgentRequest<"fail">[];
  settled: string[];
}

interface StoredFile {
  name: string;
  contentType: string;
  size: number;
  sha256: string;
  epoch: number;
  bytes?: Buffer;
}

export interface PlaneOptions {
  leaseSeconds?: number;
  capabilities?: string[];
}

/** What the contract promises, in memory: enough of a control plane to test a client against. */
export class Plane {
  readonly steps = new Map<string, FakeStep>();
  readonly files = new Map<string, StoredFile>();
  readonly claims: AgentRequest<"claim">[] = [];
  /** The steps of each call that renewed many. */
  readonly beats: string[][] = [];
  /** Tools whose every use needs people's yes. */
  readonly toolsThatAsk = new Set<string>();
  capabilities: string[];
  leaseSeconds: number;
  /** The server fills in where it listens. */
  origin = "";
  #watchers = new Set<() => void>();

  constructor(options: PlaneOptions) {
    this.leaseSeconds = options.leaseSeconds ?? 10;
    this.capabilities = options.capabilities ?? ["test.task"];
  }

  enqueue(
    step: {
      name?: string;
      capability?: string;
      input?: Record<string, unknown>;
      needs?: NeededStep[];
    } = {},
  ) {
    const id = newStepId();
    const fake: FakeStep = {
      id,
      runId: newRunId(),
      name: step.name ?? "work",
      capability: step.capability ?? "test.task",
      input: step.input ?? {},
      needs: step.needs ?? [],
      status: "queued",
      held: false,
      epoch: 0,
      attempt: 0,
      leaseUntil: 0,
      cancelRequested: false,
      checkpoints: new Map(),
      approvals: new Map(),
      uses: new Map(),
      begun: [],
      asked: [],
      waits: new Map(),
      waited: [],
      emitted: [],
      messages: [],
      children: new Map(),
      undos: new Map(),
      logs: [],
      progress: [],
      heartbeats: 0,
      artifacts: new Map(),
      errors: [],
      settled: [],
    };
    this.steps.set(id, fake);
    this.changed();
    return fake;
  }

  /** A file that a needed step has made. */
  storeFile(name: string, content: string, overrides: Partial<StoredFile> = {}) {
    const id = newArtifactId();
    const bytes = Buffer.from(content);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = {
      name,
      contentType: "text/plain",
      size: bytes.length,
      sha256,
      epoch: 0,
      bytes,
      ...overrides,
    };
    this.files.set(id, file);
    const { contentType, size } = file;
    return {
      id,
      name,
      contentType,
      size,
      sha256: file.sha256,
      url: `${this.origin}/storage/${id}`,
    };
  }

  /** Another process has it now. */
  steal(step: FakeStep): void {
    step.epoch += 1;
    this.changed();
  }

  decide(step: FakeStep, answer: ApprovalAnswer): void {
    step.approvals.set(answer.name, answer);
    step.held = false;
    this.changed();
  }

  /** What the step waits for under that name is there. */
  meet(step: FakeStep, name: string, met: MetWait): void {
    step.waits.set(name, met);
    step.held = false;
    this.changed();
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Until the condition holds; the test runner's time-out is the limit. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  async handle(
    name: AgentRouteName,
    params: Record<string, string>,
    body: unknown,
    gone: AbortSignal,
  ): Promise<unknown> {
    const step = params["stepId"] === undefined ? undefined : this.#fenced(params["stepId"], body);
    const answer = await this.#answer(name, step as FakeStep, params, body as never, gone);
    this.changed();
    return answer;
  }

  #fenced(id: string, body: unknown): FakeStep {
    const step = this.steps.get(id);
    if (!step) throw new NofxError("not_found");
    const { epoch } = body as { epoch: number };
    if (step.epoch !== epoch || step.status !== "assigned" || step.held)
      throw new NofxError("lease_lost");
    return step;
  }

  async #answer(
    name: AgentRouteName,
    step: FakeStep,
    params: Record<string, string>,
    body: never,
    gone: AbortSignal,
  ): Promise<unknown> {
    switch (name) {
      case "whoAmI":
        return {
          agentId: AGENT_ID,
          name: "tester",
          tenantId: TENANT_ID,
          capabilities: this.capabilities,
        };
      case "introduce": {
        const { tasks, version } = body as AgentRequest<"introduce">;
        const notAllowed = tasks
          .map(({ capability }) => capability)
          .filter((capability) => !this.capabilities.includes(capability));
        const who = { agentId: AGENT_ID, name: "tester", status: "active" };
        return { ...who, version, known: false, maxConcurrency: null, notAllowed };
      }
      case "token":
        throw new NofxError("unavailable");
      case "claim":
        return this.#claim(body, gone);
      case "heartbeats": {
        const { steps } = body as AgentRequest<"heartbeats">;
        this.beats.push(steps.map(({ stepId }) => stepId));
        return {
          leaseSeconds: this.leaseSeconds,
          steps: steps.map((beat) => this.#renew(beat)),
        };
      }
      case "heartbeat": {
        const { progress } = body as AgentRequest<"heartbeat">;
        step.heartbeats += 1;
        if (progress) step.progress.push(progress);
        step.leaseUntil = Date.now() + this.leaseSeconds * 1_000;
        return { ...this.#lease(step), cancelRequested: step.cancelRequested };
      }
      case "checkpoint": {
        const { name: key, value, undo } = body as AgentRequest<"checkpoint">;
        const created = !step.checkpoints.has(key);
        if (created) step.checkpoints.set(key, value);
        if (created && undo) step.undos.set(key, undo);
        return { name: key, value: step.checkpoints.get(key), created };
      }
      case "approval":
        return this.#ask(step, body);
      case "toolBegin":
        return this.#begin(step, params["tool"] ?? "", body);
      case "toolEnd": {
        const { name: use, status, result } = body as AgentRequest<"toolEnd">;
        const begun = step.uses.get(use);
        if (begun === undefined) throw new NofxError("not_found");
        begun.status = status;
        if (result !== undefined) step.checkpoints.set(toolCheckpoint(use), result);
        return { toolRunId: begun.toolRunId, status };
      }
      case "wait":
        return this.#wait(step, body);
      case "spawn": {
        const { children } = body as AgentRequest<"spawn">;
        for (const child of children) {
          if (!step.children.has(child.name)) step.children.set(child.name, child);
        }
        const told = children.map(({ name: child }) => ({ name: child, stepId: newStepId() }));
        return { children: told.map((child) => ({ ...child, status: "queued" })) };
      }
      case "emit": {
        const event = body as AgentRequest<"emit">;
        const created = !step.emitted.some((known) => known.name === event.name);
        if (created) step.emitted.push(event);
        return { eventId: newEventId(), created };
      }
      case "message": {
        const message = body as AgentRequest<"message">;
        if (!step.messages.some(({ sentAs }) => sentAs === message.sentAs)) {
          step.messages.push(message);
        }
        return { messageId: newMessageId() };
      }
      case "artifact": {
        const { epoch, ...file } = body as AgentRequest<"artifact">;
        const artifactId = newArtifactId();
        this.files.set(artifactId, { ...file, epoch });
        return {
          artifactId,
          uploadUrl: `${this.origin}/storage/${artifactId}`,
          method: "PUT",
          headers: { "content-type": file.contentType },
        };
      }
      case "artifactComplete": {
        const artifactId = params["artifactId"] ?? "";
        const file = this.files.get(artifactId);
        if (!file?.bytes) throw new NofxError("upload_missing");
        step.artifacts.set(file.name, file.bytes.toString());
        return { artifactId, name: file.name, size: file.size, sha256: file.sha256 };
      }
      case "logs": {
        const { epoch, lines } = body as AgentRequest<"logs">;
        const seen = new Set(step.logs.map((line) => `${line.epoch}:${line.seq}`));
        const fresh = lines.filter((line) => !seen.has(`${epoch}:${line.seq}`));
        step.logs.push(...fresh.map((line) => ({ epoch, ...line })));
        return { stored: fresh.length };
      }
      case "complete":
        step.output = (body as AgentRequest<"complete">).output;
        return this.#settle(step, "complete", "succeeded");
      case "fail": {
        const failure = body as AgentRequest<"fail">;
        step.errors.push(failure);
        const final = failure.error.code !== "agent_error" || step.errors.length >= 3;
        return this.#settle(step, "fail", final ? "failed" : "queued");
      }
      case "release":
        return this.#settle(step, "release", step.cancelRequested ? "cancelled" : "queued");
      case "board":
      case "demand":
      case "describe":
      case "messageType":
      case "read":
      case "reply":
      case "send":
        throw new Error(`${name} is tried on a real plane`);
    }
  }

  #renew(beat: AgentRequest<"heartbeats">["steps"][number]) {
    const step = this.steps.get(beat.stepId);
    if (step?.epoch !== beat.epoch || step.status !== "assigned" || step.held) {
      return { stepId: beat.stepId, held: false, leaseUntil: null, cancelRequested: false };
    }
    step.heartbeats += 1;
    if (beat.progress) step.progress.push(beat.progress);
    step.leaseUntil = Date.now() + this.leaseSeconds * 1_000;
    const { leaseUntil } = this.#lease(step);
    return { stepId: step.id, held: true, leaseUntil, cancelRequested: step.cancelRequested };
  }

  #settle(step: FakeStep, verb: string, status: Status): AgentResponse<"complete"> {
    step.settled.push(verb);
    step.status = status;
    return { status };
  }

  #ask(step: FakeStep, question: AgentRequest<"approval">): ApprovalAnswer {
    step.asked.push(question);
    const known = step.approvals.get(question.name);
    if (known && known.status !== "pending") return known;
    const pending: ApprovalAnswer = { name: question.name, status: "pending" };
    step.approvals.set(question.name, pending);
    step.held = true;
    step.status = "queued";
    return pending;
  }

  #begin(step: FakeStep, tool: string, use: AgentRequest<"toolBegin">): AgentResponse<"toolBegin"> {
    step.begun.push(use);
    const known = step.uses.get(use.name);
    const answer = step.approvals.get(use.name);
    if (known !== undefined) {
      if (known.status === "intended") known.status = "unknown";
      const edited = answer?.status === "modified" ? { arguments: answer.arguments } : {};
      return { ...known, toolVersion: "1", ...edited };
    }
    const yes =
      answer?.status === "approved" ||
      (answer?.status === "modified" &&
        JSON.stringify(answer.arguments) === JSON.stringify(use.arguments));
    if (this.toolsThatAsk.has(tool) && !yes) throw new NofxError("approval_required");
    const begun = { toolRunId: newToolRunId(), status: "intended" as ToolRunStatus };
    step.uses.set(use.name, begun);
    return { ...begun, toolVersion: "1" };
  }

  #wait(step: FakeStep, request: AgentRequest<"wait">): AgentResponse<"wait"> {
    step.waited.push(request);
    const met = step.waits.get(request.name);
    if (met) return { status: "met", met };
    step.waits.set(request.name, undefined);
    step.held = true;
    step.status = "queued";
    return { status: "pending" };
  }

  #lease(step: FakeStep) {
    return { leaseUntil: new Date(step.leaseUntil).toISOString(), leaseSeconds: this.leaseSeconds };
  }

  async #claim(request: AgentRequest<"claim">, gone: AbortSignal): Promise<AgentResponse<"claim">> {
    this.claims.push(request);
    this.changed();
    const until = Date.now() + request.waitSeconds * 1_000;
    for (;;) {
      const due = this.#due(request);
      if (due.length > 0 || Date.now() >= until || gone.aborted) {
        return {
          steps: gone.aborted ? [] : due.map((step) => this.#assign(step)),
          leaseSeconds: this.leaseSeconds,
        };
      }
      // Woken by a change; a lease may also run out without one.
      const stop = new AbortController();
      const woken = new Promise<void>((resolve) => {
        const wake = () => {
          this.#watchers.delete(wake);
          resolve();
        };
        this.#watchers.add(wake);
        gone.addEventListener("abort", wake, { once: true });
      });
      await Promise.race([woken, delay(50, undefined, { signal: stop.signal }).catch(() => {})]);
      stop.abort();
    }
  }

  #due(request: AgentRequest<"claim">): FakeStep[] {
    const now = Date.now();
    return [...this.steps.values()]
      .filter((step) => request.capabilities.includes(step.capability) && !step.held)
      .filter(
        (step) => step.status === "queued" || (step.status === "assigned" && step.leaseUntil < now),
      )
      .slice(0, request.max);
  }

  #assign(step: FakeStep): ClaimedStep {
    step.status = "assigned";
    step.epoch += 1;
    step.attempt += 1;
    step.leaseUntil = Date.now() + this.leaseSeconds * 1_000;
    return {
      id: step.id,
      runId: step.runId,
      name: step.name,
      title: step.name,
      kind: "agent",
      capability: step.capability,
      epoch: step.epoch,
      attempt: step.attempt,
      leaseUntil: new Date(step.leaseUntil).toISOString(),
      input: step.input,
      checkpoints: [...step.checkpoints].map(([name, value]) => ({ name, value })),
      approvals: [...step.approvals.values()],
      needs: step.needs,
      correlationId: step.runId,
      traceparent: null,
    };
  }
}
