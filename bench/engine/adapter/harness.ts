// What the peers' bench hands to an adapter and asks of it: its README, "Adding an engine".

export interface Settings {
  readonly desc: string;
  /** What the worker's environment says. */
  readonly env?: Record<string, string>;
  /** Calls of 1,000 tasks that are on their way at once. */
  readonly inFlight?: number;
  /** How a workflow is made durable. */
  readonly as?: "checkpoints" | "steps" | "children";
}

export interface Cell {
  readonly settings: Settings;
  readonly workload: string;
  readonly profile: string;
  /** The superuser's connection to this cell's database. */
  readonly pgUrl: string;
  query(sql: string): Promise<Record<string, unknown>[]>;
}

export interface Handler {
  onJob(payload: unknown): unknown;
  onStep(id: string, k: number): void;
}

export interface Client {
  enqueueMany(n: number): Promise<void>;
  enqueueOne(payload: unknown): Promise<unknown>;
  unfinished(): Promise<number>;
  failed(): Promise<number>;
  close(): Promise<void>;
}

export interface Worker {
  start(): Promise<void>;
  runWorkflow(id: string, steps: number): Promise<void>;
  runFanout(id: string, width: number): Promise<void>;
  stop(): Promise<void>;
}
