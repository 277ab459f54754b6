import { availableParallelism } from "node:os";
import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

/** Full counts for `npm run prove`, short ones otherwise. Tests read it through the environment too. */
const prove = process.env["PROVE"] === "1";
const databaseServer = join(import.meta.dirname, "packages/db/src/testing/global-setup.ts");
/** They run the web's own handlers. */
const ofTheWeb = [
  "apps/web/test/**/*.test.ts",
  "tests/integration/{tenantIsolation*,commandLine*,humanApproval*}.test.ts",
  "tests/unit/{gateHandlers,hierarchyMessaging}.cloud.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: prove ? 120_000 : 60_000,
    hookTimeout: 120_000,
    // Integration tests wait for processes and leases more than they compute: one more at a time than there are cores.
    maxWorkers: availableParallelism() + 1,
    // Loading the same modules again for each file would take as long as the tests: files share them, and clean up after themselves.
    isolate: false,
    unstubEnvs: true,
    setupFiles: [join(import.meta.dirname, "scripts/coverage/vitest-setup.ts")],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.{ts,tsx}",
            "apps/*/src/**/*.test.{ts,tsx}",
            "examples/agents/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "tests/unit/**/*.test.ts",
          ],
          exclude: [...configDefaults.exclude, ...ofTheWeb],
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: [
            "packages/*/test/**/*.test.ts",
            "apps/*/test/**/*.test.ts",
            "examples/agents/test/**/*.test.ts",
            "tests/integration/**/*.test.ts",
          ],
          exclude: [...configDefaults.exclude, ...ofTheWeb],
          // One real Postgres for the run; each file makes its own database from a template.
          globalSetup: [databaseServer],
        },
      },
      {
        extends: true,
        test: {
          name: "web",
          include: ofTheWeb,
          globalSetup: [databaseServer],
          // The web has one plane for a process, made from its environment.
          isolate: true,
        },
      },
    ],
    coverage: {
      provider: "v8",
      reporter: ["json"],
      reportsDirectory: "coverage",
      reportOnFailure: true,
      // React components and hooks run in the browser and are driven by the browser tests: they are not counted.
      include: ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"],
      exclude: [
        "**/*.test.ts",
        "**/*.gen.ts",
        "**/*.d.ts",
        "**/testing/**",
        "apps/web/src/**/use-*.ts",
        "packages/ui/src/hooks/**",
      ],
    },
  },
});
