import { z } from "zod";
import { StorableJson, storableText } from "./text.ts";

export const WaitKind = z.enum(["timer", "event", "message", "children", "person", "approval"]);
export type WaitKind = z.infer<typeof WaitKind>;

/** One option of a wait: the first that is met makes the others lost. */
export const WaitStatus = z.enum(["open", "met", "lost", "cancelled"]);
export type WaitStatus = z.infer<typeof WaitStatus>;

const MAX_WAIT_SECONDS = 2_592_000;
export const MAX_WAIT_OPTIONS = 16;
/** The option that `timeoutSeconds` adds. */
export const TIMED_OUT = "timed_out";

/** The name of an event from outside, like `payment.settled`. */
export const ExternalEventName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, "use 1 to 128 of a-z A-Z 0-9 . _ : / -");

/** What an event is about: an order, a pull request. */
export const ExternalEventKey = storableText(255, 1);

/** A mailbox of a step. */
export const Channel = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, "use 1 to 128 of a-z A-Z 0-9 . _ : / -");

export const WaitSeconds = z.number().min(0).max(MAX_WAIT_SECONDS);

/** A question that any operator may answer; with `choices` by one of them, else in words or JSON. */
export const PersonQuestion = z.strictObject({
  title: storableText(200, 1).optional(),
  question: storableText(2_000, 1),
  choices: z.array(storableText(200, 1)).min(1).max(20).optional(),
});
export type PersonQuestion = z.infer<typeof PersonQuestion>;

/** What a step can wait for; exactly one of them. */
export const WAIT_TARGETS = {
  seconds: WaitSeconds.optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  event: z
    .strictObject({ name: ExternalEventName, key: ExternalEventKey.optional() })
    .optional()
    .meta({ description: "Without a key any event of the name; each meets one wait of a step" }),
  message: z.strictObject({ channel: Channel.default("default") }).optional(),
  person: PersonQuestion.optional(),
  approval: z
    .strictObject({
      question: storableText(2_000, 1),
      details: StorableJson.optional(),
      expiresInSeconds: z.int().min(60).max(MAX_WAIT_SECONDS).default(259_200),
    })
    .optional(),
} as const;

export const WaitTarget = z.strictObject(WAIT_TARGETS);
export type WaitTarget = z.infer<typeof WaitTarget>;

/** The label that tells which option was met. */
export const WaitOptionName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "use 1 to 64 of a-z A-Z 0-9 . _ -")
  .refine((name) => name !== TIMED_OUT, `"${TIMED_OUT}" is what timeoutSeconds is called`);

export function exactlyOne(names: readonly string[]) {
  return (value: object, ctx: z.RefinementCtx) => {
    const given = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
    if (given.length === 1) return;
    ctx.addIssue({ code: "custom", message: `give exactly one of ${names.join(", ")}` });
  };
}

export function differentOptions(
  options: readonly { readonly option: string }[] | undefined,
  ctx: z.RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const { option } of options ?? []) {
    if (seen.has(option)) ctx.addIssue({ code: "custom", message: `"${option}" is there twice` });
    seen.add(option);
  }
}

const TARGET_NAMES = Object.keys(WAIT_TARGETS);

/** `with` of a `wait` step: waits for one thing or the first of several, and holds no worker meanwhile. */
export const WaitWith = z
  .strictObject({
    ...WAIT_TARGETS,
    any: z
      .array(
        z
          .strictObject({ option: WaitOptionName, ...WAIT_TARGETS })
          .superRefine(exactlyOne(TARGET_NAMES)),
      )
      .min(1)
      .max(MAX_WAIT_OPTIONS)
      .superRefine(differentOptions)
      .optional(),
    timeoutSeconds: WaitSeconds.optional(),
    onTimeout: z.enum(["fail", "continue"]).default("fail"),
  })
  .superRefine(exactlyOne([...TARGET_NAMES, "any"]));
export type WaitWith = z.infer<typeof WaitWith>;
