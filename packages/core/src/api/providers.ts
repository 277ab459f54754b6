import { z } from "zod";
import {
  CallErrorCode,
  HealthState,
  ProviderHeaders,
  ProviderKind,
  RegionName,
} from "../model-router/index.ts";
import { KeyName, ProviderName } from "../vault/index.ts";
import { storableText } from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";

export const SettingOrigin = z.enum(["product", "tenant", "environment"]).meta({
  description: "Who defined it; environment: the server's own, which no tenant can change",
});
export type SettingOrigin = z.infer<typeof SettingOrigin>;

export const ProviderView = z.object({
  name: ProviderName,
  region: RegionName,
  title: z.string(),
  kind: ProviderKind,
  origin: SettingOrigin,
  enabled: z.boolean(),
  baseUrl: z.string().nullable().meta({ description: "null: the provider's own" }),
  headers: z.record(z.string(), z.string()),
  keyName: KeyName.nullable().meta({
    description: "Which of the provider's keys in the vault; null: none is needed",
  }),
  usable: z.boolean().meta({ description: "Enabled, and its key is there" }),
  missing: z.enum(["key"]).nullable(),
  probe: z.boolean(),
  models: z.int().meta({ description: "How many of its models are known" }),
  updatedBy: z.string().nullable(),
  updatedAt: Timestamp.nullable(),
});
export type ProviderView = z.infer<typeof ProviderView>;
export const ProviderList = z.object({ providers: z.array(ProviderView) });
export type ProviderList = z.infer<typeof ProviderList>;

export const OneProvider = z.object({ name: ProviderName, region: RegionName.default("default") });

export const SetProviderInput = OneProvider.extend({
  title: storableText(200, 1).optional(),
  kind: ProviderKind.exclude(["simulated"]).meta({ description: "Which protocol it speaks" }),
  enabled: z.boolean().default(true),
  baseUrl: z.string().max(500).nullable().default(null).meta({
    description:
      "Where it is called, up to the version; null: the provider's own, which `openai_compatible` has not. Only addresses of the public internet and what the operator allows",
    example: "https://api.example.com/v1",
  }),
  headers: ProviderHeaders.default({}),
  keyName: KeyName.nullable().default("default").meta({
    description: "Which of its keys in the vault; null: it needs none",
  }),
  probe: z.boolean().default(false).meta({
    description:
      "Whether a model of it that fails may be asked a word now and then, to learn when it is well. That costs a few tokens",
  }),
});
export type SetProviderInput = z.infer<typeof SetProviderInput>;

export const SwitchProviderInput = OneProvider.extend({ enabled: z.boolean() });

export const HealthMinuteView = z.object({
  at: Timestamp,
  calls: z.int(),
  failed: z.int(),
  rateLimited: z.int(),
  p50Ms: z.int().nullable(),
  p95Ms: z.int().nullable(),
});
export type HealthMinuteView = z.infer<typeof HealthMinuteView>;

export const ModelHealthView = z.object({
  provider: z.string(),
  model: z.string(),
  region: z.string(),
  shared: z.boolean().meta({ description: "Seen by all tenants, not by this one alone" }),
  state: HealthState,
  since: Timestamp.meta({ description: "Of the state as it was written last" }),
  errorRate: z.number().meta({ description: "Of the last five minutes" }),
  samples: z.int().meta({ description: "Calls of the last five minutes" }),
  p50Ms: z.int().nullable(),
  p95Ms: z.int().nullable(),
  rateLimitedUntil: Timestamp.nullable(),
  triedAgainAt: Timestamp.nullable().meta({ description: "Of one that is left alone" }),
  errors: z.partialRecord(CallErrorCode, z.int()).meta({ description: "Of the hour, by code" }),
  minutes: z.array(HealthMinuteView).meta({ description: "The last 60, the oldest first" }),
});
export type ModelHealthView = z.infer<typeof ModelHealthView>;
export const ModelHealthList = z.object({
  at: Timestamp,
  health: z.array(ModelHealthView),
});
export type ModelHealthList = z.infer<typeof ModelHealthList>;

export const ListHealthInput = z.object({ provider: ProviderName.optional() });

export const ProbeInput = OneProvider.extend({
  model: storableText(200, 1).meta({
    description: "As the provider calls it",
    example: "gpt-5-mini",
  }),
});
export const ProbeResult = z.object({
  ok: z.boolean(),
  code: CallErrorCode.nullable(),
  message: z.string(),
  latencyMs: z.int(),
  state: HealthState,
});
export type ProbeResult = z.infer<typeof ProbeResult>;
