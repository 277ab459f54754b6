import { z } from "zod";
import {
  HealthState,
  ModelCapability,
  REJECTIONS,
  RegionName,
  RoutingEngine,
  RoutingPolicy,
} from "../model-router/index.ts";
import { StorableJson, storableText } from "../vocabulary/index.ts";
import { Usd } from "./models.ts";
import { Timestamp } from "./paging.ts";
import { SettingOrigin } from "./providers.ts";

const { name: PolicyName, version: _version, ...document } = RoutingPolicy.shape;

/** A policy as people write it: without its name and version. */
export const PolicyDocument = z.strictObject(document);
export type PolicyDocument = z.infer<typeof PolicyDocument>;

export const PolicyProblem = z.object({
  path: z
    .string()
    .meta({ description: "JSON pointer into the document", example: "/rules/0/when" }),
  message: z.string(),
  line: z.int().nullable().meta({ description: "Of a condition: where in its text" }),
  column: z.int().nullable(),
});
export type PolicyProblem = z.infer<typeof PolicyProblem>;

export const PolicyView = z.object({
  name: PolicyName,
  version: z.int(),
  origin: SettingOrigin.exclude(["environment"]),
  ownVersion: z.int().meta({
    description:
      "The newest version of the tenant's own of this name, what `replaces` names; 0: none",
  }),
  document: PolicyDocument.nullable().meta({
    description: "null: this version of the product cannot read it; see `problems`",
  }),
  problems: z.array(PolicyProblem),
  warnings: z.array(PolicyProblem).meta({
    description: "What can be saved and is likely not meant, like a model that nobody offers here",
  }),
  note: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type PolicyView = z.infer<typeof PolicyView>;
export const PolicyList = z.object({ policies: z.array(PolicyView) });
export type PolicyList = z.infer<typeof PolicyList>;

export const OnePolicy = z.object({ name: PolicyName });

export const PolicyVersion = z.object({
  version: z.int(),
  document: PolicyDocument.nullable(),
  removed: z.boolean(),
  note: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type PolicyVersion = z.infer<typeof PolicyVersion>;
export const PolicyHistory = z.object({
  name: PolicyName,
  versions: z.array(PolicyVersion).meta({ description: "The tenant's own, the newest first" }),
});
export type PolicyHistory = z.infer<typeof PolicyHistory>;

const note = storableText(500, 1).meta({ description: "Why", example: "Cheaper at night" });
const replaces = z.int().min(0).default(0).meta({
  description: "The version of the tenant's own that was looked at; 0 where there is none",
});

export const SavePolicyInput = z.object({
  name: PolicyName,
  replaces,
  document: PolicyDocument,
  note,
});
export type SavePolicyInput = z.infer<typeof SavePolicyInput>;

export const RemovePolicyInput = z.object({ name: PolicyName, replaces: z.int().min(1), note });

export const CheckPolicyInput = z.object({
  document: StorableJson.meta({ description: "A policy's document, as far as it is written" }),
});
export const PolicyCheck = z.object({
  ok: z.boolean(),
  problems: z.array(PolicyProblem),
  warnings: z.array(PolicyProblem),
});
export type PolicyCheck = z.infer<typeof PolicyCheck>;

/** What a caller needs of a model, as JSON can say it. */
export const RouteRequestInput = z.strictObject({
  model: storableText(300, 1).default("auto"),
  capabilities: z.array(ModelCapability).max(7).default(["text"]),
  inputTokens: z.int().min(0).max(100_000_000).default(1_000),
  maxOutputTokens: z.int().min(0).max(100_000_000).default(1_000),
  expectedOutputTokens: z.int().min(0).max(100_000_000).optional(),
  residency: z.array(RegionName).min(1).max(20).optional(),
  qualityFloor: z.number().min(0).max(1).optional(),
  deadlineMs: z.int().min(1).max(86_400_000).optional(),
  budgetUsd: Usd.optional(),
  stickyKey: storableText(200, 1).optional(),
  callKey: storableText(200, 1).optional(),
  facts: z
    .record(storableText(100, 1), z.union([storableText(500), z.number(), z.boolean()]))
    .default({}),
});
export type RouteRequestInput = z.infer<typeof RouteRequestInput>;

export const WhatIfInput = z.object({
  request: StorableJson.meta({
    description:
      "What would be asked: the body of a request to /v1/chat/completions, /v1/responses or /v1/embeddings, or what it needs, like {model, capabilities, inputTokens, maxOutputTokens, facts}",
    example: { model: "auto", messages: [{ role: "user", content: "Hello" }] },
  }),
  policy: PolicyName.optional().meta({
    description: "Instead of the one that the request would be decided by",
  }),
  draft: StorableJson.optional().meta({
    description: "A policy's document that is not saved yet, to decide by",
  }),
});
export type WhatIfInput = z.infer<typeof WhatIfInput>;

export const RouteCandidateView = z.object({
  provider: z.string(),
  model: z.string(),
  region: z.string(),
  place: z.enum(["chosen", "fallback", "behind", "rejected"]),
  rank: z.int().nullable().meta({ description: "From 0; null: it cannot take the request" }),
  score: z.number().nullable(),
  parts: z
    .object({
      cost: z.number().nullable(),
      latency: z.number().nullable(),
      quality: z.number().nullable(),
      reliability: z.number(),
    })
    .nullable()
    .meta({ description: "0 to 1, more is better; null: not known" }),
  estimatedUsd: Usd.nullable(),
  highestUsd: Usd.nullable(),
  health: HealthState,
  p50Ms: z.int().nullable(),
  why: z.enum(REJECTIONS).nullable().meta({ description: "Why it cannot take the request" }),
  detail: z.string().nullable(),
});
export type RouteCandidateView = z.infer<typeof RouteCandidateView>;

export const WhatIfResult = z.object({
  ok: z.boolean(),
  code: z.string().nullable().meta({ description: "Why there is no route" }),
  message: z.string().meta({ description: "The reason of the choice, or what to do" }),
  retryAt: Timestamp.nullable(),
  policy: z.object({
    name: z.string(),
    version: z.int(),
    engine: RoutingEngine,
    rule: z.int().nullable().meta({ description: "Place of the rule that held, from 0" }),
    draft: z.boolean(),
  }),
  request: RouteRequestInput.meta({ description: "As it was read" }),
  candidates: z.array(RouteCandidateView).meta({
    description:
      "All of them: those that can, in the order in which they would be asked, then the others",
  }),
  digest: z.string().meta({ description: "Of what the decision was taken on" }),
});
export type WhatIfResult = z.infer<typeof WhatIfResult>;
