import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { makeKeys, startGateway } from "../local-stack/gateway/index.ts";
import type { Keys } from "../local-stack/gateway/index.ts";
import { createTestDatabase } from "./create-test-database.ts";
import type { TestDatabase } from "./create-test-database.ts";

export type TestStack = {
  database: TestDatabase;
  gatewayUrl: string;
  keys: Keys;
  /** Where stored files lie. */
  storageFolder: string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** The API and realtime of the local stack over a fresh test database. */
export async function startTestStack(
  options: { recheckSeconds?: number; folder?: string } = {},
): Promise<TestStack> {
  const { recheckSeconds, folder } = options;
  const database = await createTestDatabase({ ...(folder !== undefined && { folder }) });
  const storageFolder = mkdtempSync(path.join(os.tmpdir(), "nofx-storage-"));
  const keys = makeKeys();
  const gateway = await startGateway({
    port: 0,
    databaseUrl: database.url("nofx_gateway"),
    catalogUrl: database.url("postgres"),
    keys,
    storageFolder,
    siteUrl: "http://127.0.0.1:3000",
    ...(recheckSeconds !== undefined && { recheckSeconds }),
  });
  const stop = async () => {
    await gateway.stop();
    await database.drop();
    rmSync(storageFolder, { recursive: true, force: true });
  };
  return {
    database,
    gatewayUrl: gateway.url,
    keys,
    storageFolder,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
