/** What a condition of a routing rule may read of a request, with its type in CEL. Compiler, editor and docs/router.md are made from this. */
export const ROUTE_CONDITION_FIELDS = {
  model: { type: "string", means: "What the request names; auto where it leaves the choice" },
  inputTokens: { type: "int", means: "Tokens that it gives" },
  maxOutputTokens: { type: "int", means: "Tokens that may be answered" },
  deadlineMs: { type: "int", means: "How long it may take; 0 where it does not say" },
  qualityFloor: {
    type: "double",
    means: "The quality it asks for, 0 to 1; 0 where it does not say",
  },
  budgetUsd: { type: "double", means: "What it may cost; 0 where it does not say" },
  residency: { type: "string", means: 'Regions that may see it, with commas between; "" is any' },
  stickyKey: { type: "string", means: 'The caller it belongs to; "" where it does not say' },
  json: { type: "bool", means: "Whether it needs answers in JSON" },
  tools: { type: "bool", means: "Whether it needs tools" },
  vision: { type: "bool", means: "Whether it needs images" },
  embeddings: { type: "bool", means: "Whether it needs embeddings" },
  streaming: { type: "bool", means: "Whether it needs streams" },
  reasoning: { type: "bool", means: "Whether it needs reasoning" },
} as const;
