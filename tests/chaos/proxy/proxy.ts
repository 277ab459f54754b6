import { createServer, type AddressInfo, type Server } from "node:net";
import type { SentSettlement, SettleResult } from "./exchange.ts";
import { Line } from "./line.ts";

export type CutKind = "commit" | "exchange";

/** A reply that never arrived, of a statement that was carried out. */
export interface CutReply {
  readonly statement: string;
  readonly settlements: readonly SentSettlement[];
}

/** A tick on its way that goes on when it is told to. */
export interface HeldTick {
  /** Empty until there is one. */
  settlements: readonly SentSettlement[];
  readonly released: Promise<void>;
  release(): void;
}

/** What the lines of a proxy ask and tell it. */
export interface ProxyState {
  /** Whether this reply is to be cut. */
  takeCut(kind: CutKind): boolean;
  /** What holds this tick up on its way to the server; undefined for most. */
  takeHold(settlements: readonly SentSettlement[]): HeldTick | undefined;
  wasCut(reply: CutReply): void;
  heard(results: readonly SettleResult[]): void;
}

/**
 * Stands between our processes and Postgres. It can cut a connection on the reply to a commit, or to a worker's tick that
 * settles something: the statement was carried out and nobody heard. And it can hold a tick up on its way.
 */
export class PostgresProxy implements ProxyState {
  readonly cuts: CutReply[] = [];
  readonly refused: SettleResult[] = [];
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  readonly #wanted: Record<CutKind, number> = { commit: 0, exchange: 0 };
  #holds: HeldTick[] = [];

  private constructor(port: number) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const line = new Line(socket, port, this);
      this.#lines.add(line);
      socket.once("close", () => this.#lines.delete(line));
    });
  }

  /** A proxy before the server on `port`. */
  static async start(port: number): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(port);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  /** The same URL through the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.port = String((this.#server.address() as AddressInfo).port);
    return changed.href;
  }

  /** The next reply of that kind is cut. */
  cutNext(kind: CutKind): void {
    this.#wanted[kind] += 1;
  }

  /** The next tick that settles something is held up until it is released. */
  holdNext(): HeldTick {
    const { promise, resolve } = Promise.withResolvers<void>();
    const held: HeldTick = {
      settlements: [],
      released: promise,
      release: () => {
        this.#holds = this.#holds.filter((one) => one !== held);
        resolve();
      },
    };
    this.#holds.push(held);
    return held;
  }

  /** From now on every line is a good one. */
  heal(): void {
    this.#wanted.commit = 0;
    this.#wanted.exchange = 0;
    for (const held of this.#holds) held.release();
  }

  takeCut(kind: CutKind): boolean {
    if (this.#wanted[kind] === 0) return false;
    this.#wanted[kind] -= 1;
    return true;
  }

  takeHold(settlements: readonly SentSettlement[]): HeldTick | undefined {
    const held = this.#holds.shift();
    if (held !== undefined) held.settlements = settlements;
    return held;
  }

  wasCut(reply: CutReply): void {
    this.cuts.push(reply);
  }

  heard(results: readonly SettleResult[]): void {
    this.refused.push(...results.filter(({ result }) => result === "stale"));
  }

  async stop(): Promise<void> {
    for (const line of this.#lines) line.cut();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}
