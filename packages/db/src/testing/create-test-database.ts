import { randomBytes } from "node:crypto";
import { testServerUrl, urlFor, withClient } from "./admin.ts";
import { ensureTemplate } from "./template.ts";

export type TestDatabase = {
  name: string;
  /** The superuser, for what only it can look at; tests of the product never connect as it, nor as an owner. */
  adminUrl: string;
  /** A role that may log in: `postgres` (owner, runs migrations), `nofx_web`, `nofx_worker`, `nofx_gateway`, ... */
  url(role: string): string;
  drop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A fresh database with everything applied, in some 20 ms where the server is in memory. One for each test file: `await using`. */
export async function createTestDatabase(
  options: {
    folder?: string;
    /** The superuser's URL of another server than that of the test run. */
    server?: string;
  } = {},
): Promise<TestDatabase> {
  const server = options.server ?? testServerUrl();
  const template = await ensureTemplate(server, options.folder);
  const name = `test_${randomBytes(6).toString("hex")}`;
  await withClient(server, async (admin) => {
    // Copying files beats writing them through the log for a database this small on a server without fsync.
    await admin.query(
      `create database ${name} template ${template} owner postgres strategy file_copy`,
    );
    await admin.query(`alter database ${name} set search_path to "$user", public, extensions`);
  });
  const drop = () =>
    withClient(server, async (admin) => {
      await admin.query(`drop database if exists ${name} with (force)`);
    });
  return {
    name,
    adminUrl: urlFor(server, name),
    url: (role) => urlFor(server, name, role),
    drop,
    [Symbol.asyncDispose]: drop,
  };
}
