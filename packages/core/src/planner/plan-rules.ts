import { z } from "zod";
import {
  Capability,
  ItemType,
  Label,
  StepKind,
  StepName,
  StorableJson,
  storableText,
} from "../vocabulary/index.ts";

/** The part of a step's name after its item's: `<item>.<suffix>`. */
export const StepSuffix = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,31}$/,
    "use 1 to 32 of a-z 0-9 _ - and begin with a letter or digit",
  );

export const PlanRuleStep = z.strictObject({
  suffix: StepSuffix,
  title: storableText(100, 1).optional(),
  kind: StepKind,
  capability: Capability.optional().meta({
    description: "Who can do an agent step, where no label says otherwise",
  }),
  capabilityFromLabel: storableText(63, 1).optional().meta({
    description:
      'Prefix of the label that names the capability: "capability:" reads capability:code.patch',
  }),
  with: StorableJson.optional(),
  needs: z.array(StepSuffix).max(20).optional().meta({
    description: "Steps of this rule that come before; the step above when absent",
  }),
  effect: z.boolean().default(false).meta({
    description: "This step makes the item's change: the item's undo belongs to it",
  }),
});
export type PlanRuleStep = z.infer<typeof PlanRuleStep>;

/** How an item without a kind becomes steps. Rules are tried by position; the first that fits wins. */
export const PlanRule = z
  .strictObject({
    name: StepName,
    match: z
      .strictObject({ type: ItemType.optional(), anyLabel: z.array(Label).min(1).optional() })
      .default({}),
    steps: z.array(PlanRuleStep).min(1).max(20),
    position: z.int().min(0),
  })
  .superRefine((rule, ctx) => {
    const above = new Set<string>();
    rule.steps.forEach((step, i) => {
      const report = (field: string, message: string) =>
        ctx.addIssue({ code: "custom", path: ["steps", i, field], message });
      if (above.has(step.suffix)) report("suffix", `"${step.suffix}" is there twice`);
      for (const need of step.needs ?? []) {
        if (!above.has(need)) report("needs", `"${need}" is not a step above this one`);
      }
      if (step.kind === "agent" && !step.capability && !step.capabilityFromLabel) {
        report("capability", "an agent step needs capability or capabilityFromLabel");
      }
      above.add(step.suffix);
    });
  });
export type PlanRule = z.infer<typeof PlanRule>;

const FROM_LABEL = "capability:";

const agent = (
  suffix: string,
  title: string,
  capability: string,
  effect = false,
): PlanRuleStep => ({
  suffix,
  title,
  kind: "agent",
  capability,
  effect,
  ...(effect ? { capabilityFromLabel: FROM_LABEL } : {}),
});

/** What a new tenant starts with. Seeded into `plan_rules`, where people change them. */
export const DEFAULT_PLAN_RULES: readonly PlanRule[] = [
  {
    name: "bug",
    match: { type: "bug" },
    steps: [
      agent("reproduce", "Reproduce", "code.reproduce"),
      agent("fix", "Fix", "code.patch", true),
      agent("test", "Test", "code.test"),
      agent("review", "Review", "code.review"),
    ],
    position: 10,
  },
  {
    name: "feature",
    match: { type: "feature" },
    steps: [
      agent("design", "Design", "code.design"),
      agent("build", "Build", "code.write", true),
      agent("test", "Test", "code.test"),
      agent("review", "Review", "code.review"),
    ],
    position: 20,
  },
  {
    name: "chore",
    match: { type: "chore" },
    steps: [agent("work", "Do", "code.write", true), agent("test", "Test", "code.test")],
    position: 30,
  },
  {
    name: "research",
    match: { type: "research" },
    steps: [
      agent("gather", "Gather sources", "research.gather"),
      agent("report", "Write the report", "research.write", true),
      agent("review", "Review", "research.review"),
    ],
    position: 40,
  },
  {
    name: "default",
    match: {},
    steps: [{ suffix: "work", kind: "agent", capabilityFromLabel: FROM_LABEL, effect: true }],
    position: 1_000,
  },
];
