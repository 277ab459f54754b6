export { dumpSchema } from "./dump-schema.ts";
export { listGrants } from "./list-grants.ts";
export { migrate } from "./migrate.ts";
export type { MigrateOptions } from "./migrate.ts";
export { MigrationError } from "./migration-error.ts";
export { planMigrations } from "./plan-migrations.ts";
export { MIGRATIONS_FOLDER, readMigrations } from "./read-migrations.ts";
