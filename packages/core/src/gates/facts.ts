/** What gates know beside the plan: settings of the tenant, abilities of the installation. What is absent is not judged. */
export interface PlanFacts {
  /** The tenant setting `shell`. */
  readonly shell: "off" | "trusted" | "sandboxed";
  /** Whether workers have the tools to sandbox a shell step. */
  readonly sandboxAvailable: boolean;
  /** When the plan is judged, ISO 8601. */
  readonly now?: string;
  /** Who plans: every name that an owner may be written as. */
  readonly author?: Person;
  /** Who may decide approvals. */
  readonly approvers?: readonly Person[];
  /** The tool catalogue, by name: of the tools that the plan names. */
  readonly tools?: Readonly<Record<string, ToolFact>>;
  /** Kinds of work that have succeeded here before: `shell`, `agent:code.patch`. */
  readonly succeeded?: ReadonlySet<string>;
  readonly compliance?: Compliance;
  /** Groups of approvers with how many are in them. */
  readonly groups?: Readonly<Record<string, number>>;
  /** For how many days finished runs are kept. */
  readonly retentionDays?: number;
  readonly forecast?: Forecast;
  readonly budgets?: Budgets;
  /** What was spent on models since midnight by the tenant's clock, in US dollars. */
  readonly spentTodayUsd?: number;
  readonly quotas?: readonly Quota[];
}

export interface Person {
  readonly id: string;
  readonly names: readonly string[];
}

export interface ToolFact {
  readonly sensitivity: "low" | "medium" | "high" | "critical";
  readonly version: string;
  readonly requiresApproval: boolean;
  readonly retired?: boolean;
}

export interface Range {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

export interface Forecast {
  readonly costUsd: Range;
  readonly durationMs: Range;
  readonly tokens: Range;
  /** 0 to 1. */
  readonly successOdds: number;
  readonly approvals: number;
}

/** The tenant setting `budgets`. */
export interface Budgets {
  readonly costUsdPerPlan?: number | undefined;
  readonly tokensPerPlan?: number | undefined;
  readonly durationMsPerPlan?: number | undefined;
  readonly costUsdPerDay?: number | undefined;
}

/** So many steps of a queue may begin in a day. */
export interface Quota {
  readonly queue: string;
  readonly perDay: number;
}

/** The tenant setting `compliance`. */
export interface Compliance {
  /** Label -> the group that has to approve. `*` at its end stands for anything. */
  readonly approvers?: Readonly<Record<string, string>> | undefined;
  /** Where executors are: of a queue, or of all others. */
  readonly regions?:
    | {
        readonly default?: string | undefined;
        readonly queues?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
  /** Licences that may come in, by SPDX name. */
  readonly licences?: readonly string[] | undefined;
  readonly changeWindows?: ChangeWindows | undefined;
}

/** When production may be changed: weekly, in a time zone. */
export interface ChangeWindows {
  readonly timeZone: string;
  readonly windows: readonly ChangeWindow[];
}

export interface ChangeWindow {
  /** 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[];
  /** HH:MM, included. */
  readonly from: string;
  /** HH:MM, not included; 24:00 is the end of the day. */
  readonly to: string;
}
