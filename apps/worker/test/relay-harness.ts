import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseAllowedHosts } from "@nofx/control/net";
import { system } from "@nofx/control/seams";
import {
  createWorkerEngine,
  type RelayLease,
  type RelayStore,
  type WorkerEngine,
} from "@nofx/control/steps";
import { createPool } from "@nofx/db/client";
import { createTestDatabase, until } from "@nofx/db/testing";
import type pg from "pg";
import { Fleet } from "../src/presence/fleet.ts";
import { relayLoop } from "../src/relay/relay-loop.ts";
import type { TellPorts } from "../src/relay/tell-ports.ts";

export interface Heard {
  id: string;
  type: string;
  headers: Record<string, string>;
  body: string;
}

export interface Receiver {
  url: string;
  heard: Heard[];
  /** How it answers; nothing: it never does. */
  answer: (
    heard: Heard,
  ) => { status: number; headers?: Record<string, string>; body?: string } | undefined;
}

export interface CursorRow {
  seq: number;
  attempts: number;
  failing_since: Date | null;
  status: string;
  disabled_reason: string | null;
}

export interface RelayOptions {
  /** It never ends in good order: nobody waits for it. */
  dies?: boolean;
  people?: Pick<TellPorts, "publicUrl" | "mailer">;
}

export interface Relays {
  readonly owner: pg.Pool;
  readonly engine: WorkerEngine;
  receiver(): Promise<Receiver>;
  /** Runs a relay that may reach every receiver made so far. */
  relay(store?: RelayStore, options?: RelayOptions): { stop(): Promise<void> };
  stopRelays(): Promise<void>;
  hook(tenantId: string, url: string, types?: string[]): Promise<{ id: string; secret: string }>;
  /** Writes events and seals them. */
  happen(tenantId: string, types: string[], payload?: object): Promise<void>;
  cursor(id: string): Promise<CursorRow>;
  due(id: string): Promise<unknown>;
  /** What time does to a lease whose relay is gone. */
  lapse(id: string): Promise<unknown>;
  /** The leases of one endpoint that a claim gets. */
  claimed(id: string): Promise<RelayLease[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A database, and real endpoints over HTTP. */
export async function startRelays(): Promise<Relays> {
  const database = await createTestDatabase();
  const owner = createPool({ connectionString: database.url("postgres"), applicationName: "test" });
  const engine = createWorkerEngine({
    connectionString: database.url("nofx_worker"),
    worker: "relay",
  });
  const servers: Server[] = [];
  const relays: { stop(): Promise<void> }[] = [];
  const ports = new Set<string>();

  async function receiver(): Promise<Receiver> {
    const heard: Heard[] = [];
    const made: Receiver = { url: "", heard, answer: () => ({ status: 204 }) };
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const headers = request.headers as Record<string, string>;
        const { id, type } = JSON.parse(body) as { id: string; type: string };
        const one = { id, type, headers, body };
        heard.push(one);
        const answer = made.answer(one);
        if (answer !== undefined)
          response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    ports.add(host);
    made.url = `http://${host}/hook`;
    return made;
  }

  function relay(store: RelayStore = engine.relay, { dies = false, people }: RelayOptions = {}) {
    const stopping = new AbortController();
    const allowed = parseAllowedHosts([...ports].join(","));
    const seams = system;
    const done = relayLoop(
      { store, seams, allowed, fleet: new Fleet(seams.random), onTold: () => {}, ...people },
      stopping.signal,
      () => {},
    );
    const started = {
      stop: () => {
        stopping.abort();
        return done;
      },
    };
    if (!dies) relays.push(started);
    return started;
  }

  async function hook(tenantId: string, url: string, types: string[] = []) {
    const [id, secret] = [randomUUID(), `whsec_${randomBytes(32).toString("base64")}`];
    await owner.query(
      "insert into webhooks (id, tenant_id, url, event_types, created_by) values ($1, $2, $3, $4, $5)",
      [id, tenantId, url, types, randomUUID()],
    );
    await owner.query(
      "insert into webhook_secrets (webhook_id, tenant_id, secret) values ($1, $2, $3)",
      [id, tenantId, secret],
    );
    await owner.query(
      "insert into webhook_cursors (webhook_id, tenant_id, seq) values ($1, $2, 0)",
      [id, tenantId],
    );
    return { id, secret };
  }

  /** Writes events and seals them. */
  async function happen(tenantId: string, types: string[], payload: object = {}): Promise<void> {
    for (const type of types) {
      await owner.query(
        `insert into events (tenant_id, type, correlation_id, actor_type, actor_id, payload)
       values ($1, $2, $3, 'system', 'test', jsonb_build_object('run_id', $3::uuid) || $4::jsonb)`,
        [tenantId, type, randomUUID(), JSON.stringify(payload)],
      );
    }
    await until("all is sealed", async () => {
      await engine.seal(1_000);
      const { rows } = await owner.query(
        "select from events where tenant_id = $1 and seq is null",
        [tenantId],
      );
      return rows.length === 0;
    });
  }

  async function cursor(id: string) {
    const { rows } = await owner.query(
      "select c.*, w.status, w.disabled_reason from webhook_cursors c join webhooks w on w.id = c.webhook_id where w.id = $1",
      [id],
    );
    return rows[0] as CursorRow;
  }
  const due = (id: string) =>
    owner.query("update webhook_cursors set next_at = clock_timestamp() where webhook_id = $1", [
      id,
    ]);
  /** What time does to a lease whose relay is gone. */
  const lapse = (id: string) =>
    owner.query(
      "update webhook_cursors set lease_until = clock_timestamp() where webhook_id = $1",
      [id],
    );

  /** The leases of one endpoint that a claim gets. */
  const claimed = async (id: string) =>
    (await engine.relay.claim({ limit: 100, batch: 10, leaseMs: 45_000 })).filter(
      ({ webhook_id }) => webhook_id === id,
    );

  const stopRelays = async () => {
    await Promise.all(relays.splice(0).map((one) => one.stop()));
  };
  return {
    owner,
    engine,
    receiver,
    relay,
    stopRelays,
    hook,
    happen,
    cursor,
    due,
    lapse,
    claimed,
    async [Symbol.asyncDispose]() {
      await stopRelays();
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      await engine.close();
      await owner.end();
      await database.drop();
    },
  };
}
