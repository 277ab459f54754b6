import { TEST_DATABASE_URL } from "./admin.ts";
import { ensureTemplate } from "./template.ts";
import { startTestCluster } from "./test-cluster.ts";

/** Vitest's globalSetup: one server for the run, or the one that NOFX_TEST_DATABASE_URL (a superuser) names. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const given = process.env[TEST_DATABASE_URL];
  if (given) {
    await ensureTemplate(given);
    return undefined;
  }
  const cluster = await startTestCluster();
  process.env[TEST_DATABASE_URL] = cluster.adminUrl;
  try {
    await ensureTemplate(cluster.adminUrl);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return async () => {
    delete process.env[TEST_DATABASE_URL];
    await cluster.stop();
  };
}
