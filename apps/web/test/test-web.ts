import type { MemberRole } from "@nofx/core/vocabulary";
import type { createPool } from "@nofx/db/client";
import type { TestStack } from "@nofx/db/testing";

// Apart from what starts it: whoever needs only these types does not take on those of Next.

export interface Person {
  email: string;
  token: string;
  userId: string;
}

export interface TestWeb {
  gatewayUrl: string;
  stack: TestStack;
  rest(path: string, init?: RestInit): Promise<Response>;
  /** Names of all procedures, `plans.get`. */
  procedures: string[];
  trpc(request: Request): Promise<Response>;
  /** Signs somebody up, as a member of a tenant if one is given. */
  person(member?: { tenantId: string; role: MemberRole }): Promise<Person>;
  tenant(): Promise<{ id: string; publicId: string }>;
  /** The cookies a browser holds after signing in. */
  cookies(person: Person): Promise<string>;
  owner: ReturnType<typeof createPool>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RestInit {
  as?: Person;
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** An Idempotency-Key of its own unless given; null sends none. */
  key?: string | null;
}
