import { createHash } from "node:crypto";
import {
  bootstrapDatabase,
  bootstrapDigest,
  setLocalPasswords,
} from "../local-stack/bootstrap/index.ts";
import { MIGRATIONS_FOLDER, migrate, readMigrations } from "../migrate/index.ts";
import { secretOf, urlFor, withClient } from "./admin.ts";

/** Any number; held while a template is made, so that two test files do not make the same one. */
const LOCK = 5_530_117_264;

/** The template with bootstrap and all migrations of `folder` applied; made once for each content of both. */
export async function ensureTemplate(
  adminUrl: string,
  folder = MIGRATIONS_FOLDER,
): Promise<string> {
  const files = readMigrations(folder).map((migration) => [migration.file, migration.sql]);
  const digest = createHash("sha256")
    .update(JSON.stringify([bootstrapDigest(), files]))
    .digest("hex");
  const template = `nofx_template_${digest.slice(0, 16)}`;
  await withClient(adminUrl, async (admin) => {
    const exists = async () =>
      (await admin.query("select from pg_database where datname = $1", [template])).rowCount === 1;
    if (await exists()) return;
    await admin.query("select pg_advisory_lock($1)", [LOCK]);
    if (await exists()) return;
    const building = `${template}_building`;
    await admin.query(`drop database if exists ${building} with (force)`);
    await admin.query(`create database ${building}`);
    await withClient(urlFor(adminUrl, building), async (client) => {
      await bootstrapDatabase(client);
      await setLocalPasswords(client, secretOf(adminUrl));
      await migrate({ connectionString: urlFor(adminUrl, building, "postgres"), folder });
      await setLocalPasswords(client, secretOf(adminUrl));
    });
    await admin.query(`alter database ${building} rename to ${template}`);
    await admin.query(`alter database ${template} with is_template true allow_connections false`);
  });
  return template;
}
