import { TEST_DATABASE_URL, createTestDatabase, startTestCluster } from "../testing/index.ts";
import type { TestDatabase } from "../testing/index.ts";

/** Runs `work` on a database with every migration applied: on the server of a test run, or on one started for it. */
export async function withMigratedDatabase<T>(
  work: (database: TestDatabase) => Promise<T>,
): Promise<T> {
  const cluster = process.env[TEST_DATABASE_URL] ? undefined : await startTestCluster();
  if (cluster) process.env[TEST_DATABASE_URL] = cluster.adminUrl;
  try {
    await using database = await createTestDatabase();
    return await work(database);
  } finally {
    await cluster?.stop();
  }
}
