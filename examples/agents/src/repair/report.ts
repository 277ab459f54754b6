import { z } from "zod";

/** A path inside the package; what a report says is joined to a folder of ours. */
export const PackagePath = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (path) =>
      !/^([/\\]|[A-Za-z]:)/.test(path) &&
      !path.split(/[\\/]/).includes("..") &&
      !path.includes("\0"),
    "expected a path inside the package",
  );

/** What the step that reproduced the failure found, as `reports/failure.json` has it. */
export const FailureReport = z.object({
  package: z.string(),
  /** How to run the whole suite; run with this process's Node. */
  command: z.tuple([z.literal("node"), z.literal("--test")], PackagePath),
  failures: z
    .array(
      z.object({
        name: z.string(),
        file: PackagePath,
        message: z.string(),
        /** Sources that the failing test reaches, nearest first. */
        suspects: z.array(PackagePath),
      }),
    )
    .min(1),
  /** Everything that is needed to run the tests. */
  files: z.array(PackagePath).min(1).max(2_000),
});
export type FailureReport = z.infer<typeof FailureReport>;
