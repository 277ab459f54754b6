import type { PicoUsd } from "../model-router/money.ts";
import type { BudgetMeasure, BudgetOutcome, BudgetScope, BudgetWindow } from "./measures.ts";

/** On whose behalf: raw uuids. The tenant is always one of them. */
export interface BudgetScopes {
  readonly runId?: string;
  readonly stepId?: string;
  readonly agentId?: string;
  /** A team by its name; without one, the agent's own team. */
  readonly teamId?: string;
  /** `provider/model`. */
  readonly model?: string;
}

/** So much of each measure. `usd` in picodollars. */
export interface BudgetAmounts {
  readonly usd?: PicoUsd;
  readonly tokens?: number;
  readonly calls?: number;
  readonly agents?: number;
  readonly fanOut?: number;
  /** How deep, not how much deeper. */
  readonly depth?: number;
}

export interface ReserveRequest {
  readonly tenantId: string;
  /** Of whoever asks, once an intent: the same key again answers with the same reservation. At most 200 characters. */
  readonly requestKey: string;
  readonly scopes: BudgetScopes;
  /** The most that it may come to. */
  readonly amounts: BudgetAmounts;
  /** Whoever has not settled by then is taken for lost, and the reservation is free again. 1 s to 24 h. */
  readonly leaseMs: number;
  /** The last work of something that was told to wrap up: it may use the reserve that such budgets keep for that. */
  readonly wrappingUp?: boolean;
}

export interface Reserved {
  readonly outcome: "reserved";
  readonly reservationId: string;
  /** Whether it was there already; `settled` and `released` say that its work has been done or given up before. */
  readonly state: "open" | "settled" | "released";
  readonly replayed: boolean;
}

export interface Refused {
  readonly outcome: BudgetOutcome;
  readonly budgetId: string;
  readonly budgetName: string;
  /** A cap is a sum over a window, a rate a bucket that fills again. */
  readonly kind: "cap" | "rate";
  readonly scope: BudgetScope;
  /** Whose: a run's, step's or agent's uuid, the name of a team or model; the tenant's own uuid. */
  readonly subject: string;
  readonly measure: BudgetMeasure;
  readonly window: BudgetWindow | "rate";
  /** In the measure's own unit; `usd` in picodollars. Of a rate: its burst, and what is missing from it. */
  readonly limit: bigint;
  readonly used: bigint;
  readonly reserved: bigint;
  readonly asked: bigint;
  /** When the sum begins anew or the bucket holds enough; null: never by itself. */
  readonly resetsAt: Date | null;
  readonly retryAfterMs: number | null;
  /** Of `ask`: the question to people, where one is open. */
  readonly approvalId: string | null;
}

export type ReserveAnswer = Reserved | Refused;

export interface SettleAnswer {
  /** False where it had been settled before: that stands, and nothing was counted again. */
  readonly settled: boolean;
  /** After its lease had ended, or after it was released: counted all the same. */
  readonly late: boolean;
  /** What it came to beyond what was reserved, by measure. */
  readonly overrun: BudgetAmounts;
}
