import { z } from "zod";
import { Capability } from "../vocabulary/steps.ts";
import { StorableJson, storableText, unstorableJson } from "../vocabulary/text.ts";

/** Of A2A, whose shape of a card this writes. */
export const A2A_VERSION = "1.0";
/** How an agent of ours is reached: a task that asks for its capability. No binding of A2A itself. */
export const TASKS_BINDING = "NOFX-TASKS";

const JSON_ONLY = ["application/json"];

const AgentInterface = z.object({
  url: z.string(),
  protocolBinding: z.string(),
  protocolVersion: z.string(),
  tenant: z.string().optional(),
});

const AgentSkill = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  examples: z.array(z.string()).optional(),
  inputModes: z.array(z.string()).optional(),
  outputModes: z.array(z.string()).optional(),
});

/** An agent card as A2A 1.0 has it. */
export const AgentCard = z.object({
  name: z.string(),
  description: z.string(),
  supportedInterfaces: z.array(AgentInterface),
  provider: z.object({ url: z.string(), organization: z.string() }).optional(),
  version: z.string(),
  documentationUrl: z.string().optional(),
  iconUrl: z.string().optional(),
  capabilities: z.object({
    streaming: z.boolean().optional(),
    pushNotifications: z.boolean().optional(),
    extendedAgentCard: z.boolean().optional(),
    extensions: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
  securitySchemes: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  securityRequirements: z.array(z.record(z.string(), z.unknown())).optional(),
  defaultInputModes: z.array(z.string()),
  defaultOutputModes: z.array(z.string()),
  skills: z.array(AgentSkill),
});
export type AgentCard = z.infer<typeof AgentCard>;

/** What is known of an agent of the registry. */
export interface CardSubject {
  readonly name: string;
  readonly description: string;
  readonly version: string | null;
  readonly tags: readonly string[];
  readonly capabilities: readonly { readonly capability: string; readonly title: string | null }[];
  /** The card that it was imported from. */
  readonly imported: AgentCard | null;
}

/** The card that we serve of an agent: reached through us, as whom only those can call that the plane lets in. */
export function cardOf(agent: CardSubject, tasksUrl: string): AgentCard {
  const { imported } = agent;
  const known = new Map(imported?.skills.map((skill) => [skill.id, skill]));
  return {
    name: agent.name,
    description: agent.description || `Agent ${agent.name}`,
    supportedInterfaces: [
      { url: tasksUrl, protocolBinding: TASKS_BINDING, protocolVersion: A2A_VERSION },
    ],
    ...(imported?.provider && { provider: imported.provider }),
    version: agent.version ?? imported?.version ?? "0",
    ...(imported?.documentationUrl && { documentationUrl: imported.documentationUrl }),
    ...(imported?.iconUrl && { iconUrl: imported.iconUrl }),
    capabilities: { streaming: false, pushNotifications: false, extendedAgentCard: false },
    securitySchemes: {
      bearer: { httpAuthSecurityScheme: { scheme: "Bearer", bearerFormat: "JWT" } },
    },
    securityRequirements: [{ schemes: { bearer: { list: [] } } }],
    defaultInputModes: JSON_ONLY,
    defaultOutputModes: JSON_ONLY,
    skills: agent.capabilities.map(({ capability, title }) => ({
      id: capability,
      name: title ?? known.get(capability)?.name ?? capability,
      description: known.get(capability)?.description ?? title ?? `Does ${capability}`,
      tags: [...new Set([...agent.tags, ...(known.get(capability)?.tags ?? [])])],
    })),
  };
}

const optionalText = (most: number) => storableText(most).optional();

/** What is read of a card that comes from elsewhere: of A2A 1.0, and of the cards of 0.2 and 0.3 that are still about. */
const ForeignCard = z.looseObject({
  name: storableText(200, 1),
  description: storableText(20_000).default(""),
  version: optionalText(200),
  url: optionalText(2_000),
  protocolVersion: optionalText(50),
  preferredTransport: optionalText(100),
  supportedInterfaces: z
    .array(
      z.looseObject({
        url: storableText(2_000),
        protocolBinding: optionalText(200),
        transport: optionalText(200),
        protocolVersion: optionalText(50),
      }),
    )
    .max(50)
    .default([]),
  additionalInterfaces: z
    .array(z.looseObject({ url: storableText(2_000), transport: optionalText(200) }))
    .max(50)
    .default([]),
  provider: z
    .looseObject({ url: optionalText(2_000), organization: optionalText(200) })
    .optional()
    .nullable(),
  documentationUrl: optionalText(2_000).nullable(),
  iconUrl: optionalText(2_000).nullable(),
  defaultInputModes: z.array(storableText(200)).max(50).default([]),
  defaultOutputModes: z.array(storableText(200)).max(50).default([]),
  skills: z
    .array(
      z.looseObject({
        id: storableText(500, 1),
        name: optionalText(500),
        description: optionalText(10_000),
        tags: z.array(storableText(200)).max(100).default([]),
      }),
    )
    .min(1, "names no skills: an agent that can do nothing is of no use")
    .max(100),
});

export interface ReadCard {
  readonly name: string;
  readonly description: string;
  readonly version: string | null;
  readonly tags: readonly string[];
  readonly capabilities: readonly { readonly capability: string; readonly title: string }[];
  /** As 1.0 has it, to be kept. */
  readonly card: AgentCard;
}

/** Reads a foreign card. Names and skills become words that our names can be; two skills that become the same are one. */
export function readCard(value: unknown): z.ZodSafeParseResult<ReadCard> {
  return ReadableCard.safeParse(value);
}

const ReadableCard = StorableJson.refine((value) => unstorableJson(value).length === 0)
  .pipe(ForeignCard)
  .transform((card, ctx): ReadCard => {
    const name = slug(card.name);
    if (name === undefined) {
      ctx.addIssue({ code: "custom", path: ["name"], message: "has no letter or digit" });
      return z.NEVER;
    }
    const capabilities = new Map<string, string>();
    for (const [index, skill] of card.skills.entries()) {
      const capability = slug(skill.id);
      if (capability === undefined) {
        const path = ["skills", index, "id"];
        ctx.addIssue({ code: "custom", path, message: "has no letter or digit" });
        continue;
      }
      if (!capabilities.has(capability)) {
        capabilities.set(capability, (skill.name ?? skill.id).slice(0, 200));
      }
    }
    const tags = card.skills.flatMap((skill) => skill.tags.map(slug)).filter((tag) => tag != null);
    return {
      name,
      description: card.description.slice(0, 2_000),
      version: card.version?.slice(0, 64) || null,
      tags: [...new Set(tags)].slice(0, 20),
      capabilities: [...capabilities].map(([capability, title]) => ({ capability, title })),
      card: asVersionOne(card),
    };
  });

function asVersionOne(card: z.infer<typeof ForeignCard>): AgentCard {
  const { provider } = card;
  return {
    name: card.name,
    description: card.description,
    supportedInterfaces: interfacesOf(card),
    ...(provider?.url && {
      provider: { url: provider.url, organization: provider.organization ?? "" },
    }),
    version: card.version ?? "0",
    ...(card.documentationUrl && { documentationUrl: card.documentationUrl }),
    ...(card.iconUrl && { iconUrl: card.iconUrl }),
    capabilities: {},
    defaultInputModes: card.defaultInputModes,
    defaultOutputModes: card.defaultOutputModes,
    skills: card.skills.map((skill) => ({
      id: slug(skill.id) ?? skill.id,
      name: skill.name ?? skill.id,
      description: skill.description ?? "",
      tags: skill.tags,
    })),
  };
}

function interfacesOf(card: z.infer<typeof ForeignCard>): z.infer<typeof AgentInterface>[] {
  const before = card.protocolVersion ?? "0.3";
  const old = card.url === undefined ? [] : [{ url: card.url, transport: card.preferredTransport }];
  return [
    ...card.supportedInterfaces.map((one) => ({
      url: one.url,
      protocolBinding: one.protocolBinding ?? one.transport ?? "JSONRPC",
      protocolVersion: one.protocolVersion ?? A2A_VERSION,
    })),
    ...[...old, ...card.additionalInterfaces].map((one) => ({
      url: one.url,
      protocolBinding: one.transport ?? "JSONRPC",
      protocolVersion: before,
    })),
  ];
}

/** `Recipe Agent` → `recipe-agent`; undefined where nothing is left. */
function slug(text: string): string | undefined {
  const made = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/^[^a-z0-9]+/g, "")
    .slice(0, 64)
    .replace(/-+$/, "");
  return Capability.safeParse(made).success ? made : undefined;
}
