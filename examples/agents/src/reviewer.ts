import { task, permanent, type ArtifactHandle } from "@nofx/sdk";
import { parsePatch, type StructuredPatch } from "diff";
import { z } from "zod";
import { PackagePath } from "./repair/report.ts";
import { changedLines, pathsOf, RULES, type Finding } from "./review/rules.ts";

const ReviewInput = z.object({
  patch: PackagePath.default("fix.patch"),
  /** Test reports to read, oldest first; by default all needed artifacts that look like one. */
  reports: z.array(PackagePath).optional(),
  maxLines: z.int().min(1).default(40),
  mayChange: z.array(z.string().min(1)).min(1).default(["src/"]),
  /** Where the review is written. */
  review: PackagePath.default("reports/review.md"),
});

const ReviewOutput = z.object({
  verdict: z.enum(["approve", "request_changes"]),
  summary: z.string(),
  files: z.array(z.string()),
  changedLines: z.int(),
  findings: z.array(
    z.object({ rule: z.string(), level: z.enum(["fine", "note", "stop"]), text: z.string() }),
  ),
});

/** Reads a patch and the test reports and judges it by fixed rules: the same patch always gets the same verdict. */
export const reviewer = task("code.review")
  .input(ReviewInput)
  .output(ReviewOutput)
  .run(async (ctx, input) => {
    const patch = parse(input.patch, await ctx.needs.artifact(input.patch).text());
    const handles = input.reports
      ? input.reports.map((name) => ctx.needs.artifact(name))
      : ctx.needs.artifacts().filter((file) => /(^|\/)tests?[^/]*\.txt$/.test(file.name));
    const reports = await readAll(handles);

    const findings = RULES.map((rule) =>
      rule({ patch, reports, maxLines: input.maxLines, mayChange: input.mayChange }),
    );
    for (const { rule, level, text } of findings)
      ctx.log(`${rule}: ${text}`, level === "stop" ? "warn" : "info");

    const stops = findings.filter((finding) => finding.level === "stop");
    const verdict = stops.length === 0 ? ("approve" as const) : ("request_changes" as const);
    const { added, removed } = changedLines(patch);
    const summary =
      stops.length === 0
        ? `Fine as it is: ${findings.map((finding) => finding.text).join(" ")}`
        : stops.map((finding) => finding.text).join(" ");
    await ctx.artifact(input.review, review(verdict, findings), {
      contentType: "text/markdown; charset=utf-8",
    });
    return {
      verdict,
      summary,
      files: pathsOf(patch),
      changedLines: added.length + removed.length,
      findings,
    };
  });

function parse(name: string, text: string): StructuredPatch[] {
  try {
    return parsePatch(text);
  } catch (cause) {
    throw permanent(`${name} is not a unified diff.`, { cause });
  }
}

async function readAll(handles: readonly ArtifactHandle[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const handle of handles) texts.set(handle.name, await handle.text());
  return texts;
}

function review(verdict: string, findings: readonly Finding[]): string {
  const lines = findings.map(({ rule, level, text }) => `- **${rule}** (${level}): ${text}`);
  return `# Review: ${verdict === "approve" ? "approve" : "request changes"}\n\n${lines.join("\n")}\n`;
}
