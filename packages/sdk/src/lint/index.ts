import { stepNames, type LintRule } from "./step-names.ts";

export type { LintContext, LintRule, LintVisitor } from "./step-names.ts";

/**
 * Lint rules for agents, for ESLint and for oxlint's JS plugins: what the compiler cannot see. `step-names`: names of steps are
 * literal, used once in a handler, and have a key where the same place is passed more than once.
 */
const plugin: {
  readonly meta: { readonly name: string; readonly version: string };
  readonly rules: Readonly<Record<"step-names", LintRule>>;
} = {
  meta: { name: "nofx", version: "0.1.0" },
  rules: { "step-names": stepNames },
};

export default plugin;
