// Who may import whom: the picture in docs/architecture.md, "Packages, and who may import whom". Checked by `npm run verify`.
const seeDocs = "See docs/architecture.md, packages and who may import whom.";

const tests =
  "(\\.(test|spec|test-d)\\.tsx?$|/(test|tests|testing|flow)/|^tests/|^bench/|vitest\\.config\\.ts$)";

/** `from` may import, of our own code, only `to` (and itself). */
function only(name, from, to, comment) {
  return {
    name,
    severity: "error",
    comment: `${comment} ${seeDocs}`,
    from: { path: from, pathNot: tests },
    to: { path: "^(packages|apps|examples)/", pathNot: [from, ...to] },
  };
}

module.exports = {
  forbidden: [
    only("core-is-the-leaf", "^packages/core/", [], "core imports no other package of ours."),
    only(
      "db-imports-core",
      "^packages/db/(?!supabase/functions/)",
      ["^packages/core/"],
      "db imports core alone.",
    ),
    only(
      "functions-are-composition-roots",
      "^packages/db/supabase/functions/",
      ["^packages/(core|db|control)/"],
      "An edge function puts control together with its environment, as an app does.",
    ),
    only(
      "control-imports-db-and-core",
      "^packages/control/",
      ["^packages/(core|db)/"],
      "control imports db and core alone.",
    ),
    only(
      "sdk-imports-the-contract",
      "^packages/sdk/(?!src/testing/)",
      ["^packages/core/src/contract/"],
      "sdk imports core/contract alone (sdk/testing core/machine too).",
    ),
    only(
      "sdk-testing-imports-contract-and-machine",
      "^packages/sdk/src/testing/",
      [
        "^packages/sdk/",
        "^packages/core/src/(bus|canonical|contract|errors|machine|model|vocabulary)/",
        "^packages/core/src/testing/(prng|virtual-time).ts",
      ],
      "sdk/testing imports core's engine in memory (machine, model) and what that is made of.",
    ),
    only(
      "ui-imports-the-vocabulary",
      "^packages/ui/",
      ["^packages/core/src/vocabulary/"],
      "ui imports core/vocabulary alone.",
    ),
    only(
      "web-imports-packages",
      "^apps/web/",
      ["^packages/(core|control|ui)/", "^packages/db/src/(queries|client|types\\.gen\\.ts)"],
      "web imports control, core, ui, and of db queries, client and types.",
    ),
    only(
      "worker-imports-packages",
      "^apps/worker/",
      ["^packages/(core|control)/", "^packages/db/src/(queries|client|types\\.gen\\.ts)"],
      "worker imports control, core, and of db queries, client and types.",
    ),
    only(
      "cli-imports-packages",
      "^apps/cli/",
      ["^packages/(core|db|control|sdk)/"],
      "cli imports packages, never another app.",
    ),
    only(
      "agents-import-the-sdk",
      "^examples/agents/",
      ["^packages/sdk/"],
      "An agent imports the SDK alone, as one outside this repository would.",
    ),
    {
      name: "core-is-pure",
      severity: "error",
      comment: `core depends on zod only and touches nothing of Node. ${seeDocs}`,
      from: { path: "^packages/core/src/", pathNot: tests },
      to: {
        dependencyTypes: ["core", "npm", "npm-dev", "npm-optional", "npm-peer"],
        pathNot: "node_modules/zod/",
      },
    },
    {
      name: "ui-takes-types-of-core",
      severity: "error",
      comment: `ui imports types of core/vocabulary, not code. ${seeDocs}`,
      from: { path: "^packages/ui/src/", pathNot: tests },
      to: { path: "^packages/core/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "ui-knows-no-framework",
      severity: "error",
      comment: `ui components take props and slots: no Next, tRPC, Supabase or data fetching. ${seeDocs}`,
      from: { path: "^packages/ui/src/" },
      to: { path: "node_modules/(next|@trpc|@supabase|@tanstack/react-query|pg|kysely)/" },
    },
    {
      name: "leases-belong-to-control",
      severity: "error",
      comment: `Only control imports the lease functions; worker and agent API call control/steps. ${seeDocs}`,
      from: { path: "^(packages|apps)/", pathNot: ["^packages/(control|db)/", tests] },
      to: { path: "^packages/db/src/leases/" },
    },
    {
      name: "local-stack-is-for-the-launcher",
      severity: "error",
      comment: `Nothing outside local-stack knows whether it talks to it or to hosted Supabase; apps/cli starts it. ${seeDocs}`,
      from: {
        path: "^(packages|apps)/",
        pathNot: ["^packages/db/src/(local-stack|testing)/", "^apps/cli/", tests],
      },
      to: { path: "^packages/db/src/local-stack/" },
    },
    {
      name: "testing-is-for-tests",
      severity: "error",
      comment: `testing/ folders are imported by tests alone. ${seeDocs}`,
      // The dump and the generated types are made from a migrated test database.
      from: { pathNot: [tests, "^packages/db/src/migrate/"] },
      to: { path: "^packages/[^/]+/src/testing/" },
    },
    {
      name: "tests-are-not-imported",
      severity: "error",
      comment: "Product code does not import a test.",
      from: { pathNot: tests },
      to: { path: "\\.(test|spec)\\.tsx?$" },
    },
    {
      name: "by-name-not-by-path",
      severity: "error",
      comment: `Import another package by its name and subpath, never by a path into its src. ${seeDocs}`,
      from: { path: "^(packages|apps)/([^/]+)/" },
      to: { path: "^(packages|apps)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] },
    },
    {
      name: "no-cycles",
      severity: "error",
      comment: "Modules that need each other are one module, or lack a third that both need.",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      severity: "error",
      comment:
        "The import leads nowhere: a wrong path, a missing dependency, or a subpath the package does not export.",
      from: {},
      // mdast is types alone
      to: { couldNotResolve: true, pathNot: "^mdast$" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "((\\.next|/dist|/coverage|\\.nofx)/|/next-env\\.d\\.ts$)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
    cache: false,
  },
};
