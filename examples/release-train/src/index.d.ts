export type Duration = number | string;

export interface Taken {
  allowed: boolean;
  /** Calls left in the window after this one. */
  remaining: number;
  /** Milliseconds until a call will be let through; 0 when this one was. */
  retryAfter: number;
}

export interface Window {
  take(now?: number): Taken;
  remaining(now?: number): number;
}

export interface BackoffOptions {
  /** The first attempt is 1. */
  attempt: number;
  base?: Duration;
  factor?: number;
  max?: Duration;
  random?: () => number;
}

export declare const version: string;
export declare function backoff(options: BackoffOptions): number;
export declare function createWindow(options: { limit: number; per: Duration }): Window;
export declare function formatDuration(ms: Duration): string;
export declare function parseDuration(input: Duration): number;
