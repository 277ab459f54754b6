import {
  getGateSettings,
  getRule,
  listRules,
  replayRule,
  saveRule,
  setGateSettings,
  switchRule,
  testRule,
} from "@nofx/control/gates";
import { createOverride, listOverrides, revokeOverride } from "@nofx/control/overrides";
import {
  GateRuleDetail,
  GateRuleList,
  GateSettings,
  ListOverridesInput,
  OneGateRule,
  OverrideInput,
  OverridePage,
  OverrideView,
  ReplayRuleInput,
  ReplayRuleResult,
  RevokeOverrideInput,
  SaveRuleInput,
  SwitchRuleInput,
  TestRuleInput,
  TestRuleResult,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand, restQuestion } from "../openapi-meta.ts";
import { ask, command, query } from "../trpc.ts";

const TAG = "gates";

export const gatesRouter = {
  rules: query
    .meta(
      rest("/gate-rules", TAG, {
        operationId: "listGateRules",
        summary: "The rules that gates judge by, with how often each found something of late",
      }),
    )
    .input(z.object({}))
    .output(GateRuleList)
    .query(({ ctx }) => listRules(ctx.member)),

  rule: query
    .meta(
      rest("/gate-rules/{name}", TAG, {
        operationId: "getGateRule",
        summary: "One rule with its examples and versions",
      }),
    )
    .input(OneGateRule)
    .output(GateRuleDetail)
    .query(({ ctx, input }) => getRule(ctx.member, input)),

  saveRule: command
    .meta(
      restCommand("/gate-rules", TAG, {
        operationId: "saveGateRule",
        summary: "Save a rule of the tenant's own, as its next version",
        description:
          "Its condition is CEL, checked here (422 `condition_invalid`, with the place). It needs an example that passes and one that fails, and both are run (422 `rule_untested`). Verdicts given before are void.",
      }),
    )
    .input(SaveRuleInput)
    .output(GateRuleDetail)
    .mutation(({ ctx, input }) => saveRule(ctx.member, input)),

  switchRule: command
    .meta(
      restCommand("/gate-rules/{name}/switch", TAG, {
        operationId: "switchGateRule",
        summary: "Switch a rule on or off, or change its verdict and who may override it",
      }),
    )
    .input(SwitchRuleInput)
    .output(GateRuleDetail)
    .mutation(({ ctx, input }) => switchRule(ctx.member, input)),

  testRule: ask
    .meta(
      restQuestion("/gate-rules/test", TAG, {
        operationId: "testGateRule",
        summary: "Try a condition on examples: what is wrong with it, and what each comes to",
      }),
    )
    .input(TestRuleInput)
    .output(TestRuleResult)
    .mutation(({ ctx, input }) => testRule(ctx.member, input)),

  replayRule: ask
    .meta(
      restQuestion("/gate-rules/replay", TAG, {
        operationId: "replayGateRule",
        summary: "What a draft of a rule would have said of the last 100 plans",
      }),
    )
    .input(ReplayRuleInput)
    .output(ReplayRuleResult)
    .mutation(({ ctx, input }) => replayRule(ctx.member, input)),

  settings: query
    .meta(
      rest("/gate-settings", TAG, {
        operationId: "getGateSettings",
        summary: "Budgets and compliance settings that gates judge by",
      }),
    )
    .input(z.object({}))
    .output(GateSettings)
    .query(({ ctx }) => getGateSettings(ctx.member)),

  setSettings: command
    .meta(
      restCommand("/gate-settings", TAG, {
        operationId: "setGateSettings",
        summary: "Set budgets and compliance, all of both at once",
      }),
    )
    .input(GateSettings)
    .output(GateSettings)
    .mutation(({ ctx, input }) => setGateSettings(ctx.member, input)),

  overrides: query
    .meta(
      rest("/automation/overrides", TAG, {
        operationId: "listOverrides",
        summary: "Overrides of verdicts, newest first: also those that count no more",
      }),
    )
    .input(ListOverridesInput)
    .output(OverridePage)
    .query(({ ctx, input }) => listOverrides(ctx.member, input)),

  override: command
    .meta(
      restCommand("/automation/override", TAG, {
        operationId: "createOverride",
        summary: "Answer for going on although a gate warns or blocks",
        description:
          "Of a whole plan, of one step, or of one rule. Not by whoever made the plan. Where a rule wants two people it is `pending` until somebody else approves it. It is bound to what was judged, and ends when that changes, when it expires or is revoked.",
      }),
    )
    .input(OverrideInput)
    .output(OverrideView)
    .mutation(({ ctx, input }) => createOverride(ctx.member, input)),

  revokeOverride: command
    .meta(
      restCommand("/automation/overrides/{overrideId}/revoke", TAG, {
        operationId: "revokeOverride",
        summary: "Take an override back: the verdict returns for what has not been executed",
      }),
    )
    .input(RevokeOverrideInput)
    .output(OverrideView)
    .mutation(({ ctx, input }) => revokeOverride(ctx.member, input)),
} satisfies TRPCRouterRecord;
