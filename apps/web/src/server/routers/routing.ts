import {
  checkPolicy,
  getPolicyHistory,
  listPolicies,
  removePolicy,
  savePolicy,
  whatIf,
} from "@nofx/control/routing";
import {
  CheckPolicyInput,
  OnePolicy,
  PolicyCheck,
  PolicyHistory,
  PolicyList,
  PolicyView,
  RemovePolicyInput,
  SavePolicyInput,
  WhatIfInput,
  WhatIfResult,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand, restQuestion } from "../openapi-meta.ts";
import { ask, command, query } from "../trpc.ts";

const TAG = "routing";

export const routingRouter = {
  policies: query
    .meta(
      rest("/routing/policies", TAG, {
        operationId: "listRoutingPolicies",
        summary: "The policies that models are chosen by",
      }),
    )
    .input(z.object({}))
    .output(PolicyList)
    .query(({ ctx }) => listPolicies(ctx.member)),

  policyHistory: query
    .meta(
      rest("/routing/policies/{name}", TAG, {
        operationId: "getRoutingPolicyHistory",
        summary: "Every version that the tenant has made of a policy",
      }),
    )
    .input(OnePolicy)
    .output(PolicyHistory)
    .query(({ ctx, input }) => getPolicyHistory(ctx.member, input)),

  checkPolicy: ask
    .meta(
      restQuestion("/routing/policies/check", TAG, {
        operationId: "checkRoutingPolicy",
        summary: "What is wrong with a policy as far as it is written, each with its place",
      }),
    )
    .input(CheckPolicyInput)
    .output(PolicyCheck)
    .mutation(({ ctx, input }) => checkPolicy(ctx.member, input)),

  savePolicy: command
    .meta(
      restCommand("/routing/policies", TAG, {
        operationId: "saveRoutingPolicy",
        summary: "Save a policy as its next version",
        description:
          "A condition that cannot be used is refused with 422 `condition_invalid` and its place. For admins.",
      }),
    )
    .input(SavePolicyInput)
    .output(PolicyView)
    .mutation(({ ctx, input }) => savePolicy(ctx.member, input)),

  removePolicy: command
    .meta(
      restCommand("/routing/policies/{name}/remove", TAG, {
        operationId: "removeRoutingPolicy",
        summary: "Take the tenant's own policy away",
        description: "Where the product has one of the name, that holds again.",
      }),
    )
    .input(RemovePolicyInput)
    .output(OnePolicy)
    .mutation(({ ctx, input }) => removePolicy(ctx.member, input)),

  whatIf: ask
    .meta(
      restQuestion("/routing/what-if", TAG, {
        operationId: "whatIfRoute",
        summary: "Which model a request would be answered by, and why, for each of them",
        description: "Nobody is asked and nothing is stored. By a policy that holds or by a draft.",
      }),
    )
    .input(WhatIfInput)
    .output(WhatIfResult)
    .mutation(({ ctx, input }) => whatIf(ctx.member, input)),
} satisfies TRPCRouterRecord;
