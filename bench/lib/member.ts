import { randomUUID } from "node:crypto";
import { createPlane, type MemberContext } from "@nofx/control/command";
import type { BenchDatabase } from "./database.ts";

/** The seeded member at work through the control plane's commands, as `nofx_web` and under row level security. */
export interface Member {
  /** One request: each call of a command has its own. */
  request(): MemberContext;
  close(): Promise<void>;
}

export function connectMember(database: BenchDatabase, max = 10): Member {
  const plane = createPlane(
    {
      DATABASE_URL: database.url("nofx_web"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "unused",
      SUPABASE_JWT_SECRET: "unused",
    },
    { applicationName: "bench producer", max },
  );
  return {
    request: () => ({
      plane,
      actor: { type: "member", id: database.memberId },
      email: "bench@example.test",
      name: "bench",
      tenantId: database.tenantId,
      role: "admin",
      idempotencyKey: randomUUID(),
      correlationId: randomUUID(),
      replayed: false,
    }),
    close: () => plane.close(),
  };
}
