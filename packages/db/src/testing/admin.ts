import pg from "pg";
import { localPassword } from "../local-stack/bootstrap/index.ts";

/** The environment variable through which a test run hands its server to the files that run in it. */
export const TEST_DATABASE_URL = "NOFX_TEST_DATABASE_URL";

/** The superuser's URL of the server that this test run uses. */
export function testServerUrl(): string {
  const url = process.env[TEST_DATABASE_URL];
  if (!url) {
    throw new Error(
      `${TEST_DATABASE_URL} is not set: add @nofx/db/src/testing/global-setup.ts to the test project's globalSetup.`,
    );
  }
  return url;
}

/** The same server under another role or database; passwords are derived from the superuser's. */
export function urlFor(adminUrl: string, database: string, role?: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (role && role !== url.username) {
    url.password = localPassword(role, secretOf(adminUrl));
    url.username = role;
  }
  return url.href;
}

export function secretOf(adminUrl: string): string {
  return new URL(adminUrl).password;
}

/** Runs `work` on one connection and closes it. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
