import type { LogLine, MetWait, Progress } from "@nofx/core/contract";
import { emptyModel, type EngineModel, type ModelExecutor } from "@nofx/core/model";
import { prng } from "@nofx/core/testing/prng";
import type { SentOnBus } from "./bus.ts";
import type { ModelCall, SimulatedModel } from "./models.ts";
import { Ids } from "./ids.ts";
import { PlaneTime } from "./time.ts";

/** What a question to people says, beside what the model knows of it. */
export interface Question {
  readonly stepId: string;
  /** The name under which the step asks. */
  readonly name: string;
  readonly question: string;
  readonly arguments: Record<string, unknown>;
  readonly editable: Record<string, unknown> | undefined;
  readonly tool: string | undefined;
  readonly expiresAt: number;
  /** What people made of the arguments. */
  edited: Record<string, unknown> | undefined;
  reason: string | null;
  by: string | null;
  /** A yes to a tool is for one use. */
  used: boolean;
}

export interface StoredFile {
  readonly stepId: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  bytes: Uint8Array<ArrayBuffer> | undefined;
  complete: boolean;
}

export interface UseOfTool {
  readonly id: string;
  readonly tool: string;
  readonly digest: string;
  readonly edited: Record<string, unknown> | undefined;
  status: "intended" | "succeeded" | "failed" | "unknown";
}

/** A tool of the catalogue. */
export interface TestTool {
  /** Whether each use needs people's yes. */
  approval?: boolean;
  version?: string;
}

/** Everything that a test plane holds. `model` is core's engine in memory; the rest is what it does not keep. */
export interface PlaneState {
  readonly model: EngineModel;
  readonly time: PlaneTime;
  readonly ids: Ids;
  readonly random: () => number;
  readonly leaseMs: number;
  readonly questions: Map<string, Question>;
  /** Of kind person: by the id of the wait. */
  readonly personQuestions: Map<string, { question: string; choices?: string[] | undefined }>;
  readonly files: Map<string, StoredFile>;
  readonly uses: Map<string, Map<string, UseOfTool>>;
  readonly tools: Readonly<Record<string, TestTool>>;
  readonly logs: Map<string, LogLine[]>;
  readonly progress: Map<string, Progress>;
  readonly titles: Map<string, string>;
  readonly answered: Map<string, { at: number; by: string }>;
  readonly sentAt: Map<string, number>;
  readonly bus: SentOnBus[];
  /** How far each reader of a conversation has come. */
  readonly cursors: Map<string, number>;
  readonly models: Readonly<Record<string, SimulatedModel>>;
  readonly modelCalls: ModelCall[];
  /** Answers by idempotency key: a call repeated under its key is done once. */
  readonly replies: Map<string, { status: number; body: string }>;
  /** Of a replay: what met a wait, as it was recorded. */
  readonly recordedMet: Map<string, MetWait>;
  /** Woken when anything has changed: claims that wait look again. */
  readonly watchers: Set<() => void>;
}

export const AGENT: ModelExecutor = { type: "agent", owner: "agent", tenantId: "tenant" };
export const WORKER: ModelExecutor = { type: "worker", owner: "plane", tenantId: null };

export interface StateOptions {
  seed?: number | undefined;
  startAt?: string | undefined;
  leaseSeconds?: number | undefined;
  models?: Readonly<Record<string, SimulatedModel>> | undefined;
  tools?: Readonly<Record<string, TestTool>> | undefined;
}

export function createState(options: StateOptions): PlaneState {
  return {
    model: emptyModel(),
    time: new PlaneTime(Date.parse(options.startAt ?? "2026-01-01T00:00:00Z")),
    ids: new Ids(),
    random: prng(options.seed ?? 1),
    leaseMs: (options.leaseSeconds ?? 30) * 1_000,
    questions: new Map(),
    personQuestions: new Map(),
    files: new Map(),
    uses: new Map(),
    tools: options.tools ?? {},
    logs: new Map(),
    progress: new Map(),
    titles: new Map(),
    answered: new Map(),
    sentAt: new Map(),
    bus: [],
    cursors: new Map(),
    models: options.models ?? {},
    modelCalls: [],
    replies: new Map(),
    recordedMet: new Map(),
    watchers: new Set(),
  };
}

/** Whoever waits for a change looks again. */
export function changed(state: PlaneState): void {
  for (const wake of Array.from(state.watchers)) wake();
}
