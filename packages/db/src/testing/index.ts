export { TEST_DATABASE_URL, testServerUrl, urlFor, withClient } from "./admin.ts";
export { createTestDatabase } from "./create-test-database.ts";
export type { TestDatabase } from "./create-test-database.ts";
export { ensureTemplate } from "./template.ts";
export { startTestCluster } from "./test-cluster.ts";
export type { TestCluster } from "./test-cluster.ts";
export { startTestStack } from "./start-test-stack.ts";
export type { TestStack } from "./start-test-stack.ts";
