import { task, permanent, type Needs } from "@nofx/sdk";
import { z } from "zod";
import { findCandidates } from "./repair/candidates.ts";
import { gitDiff } from "./repair/diff.ts";
import { applyMutation, Mutation } from "./repair/mutations.ts";
import { FailureReport, PackagePath } from "./repair/report.ts";
import { Sandbox } from "./repair/sandbox.ts";
import { searchRepair } from "./repair/search.ts";

const PatchInput = z.object({
  /** The artifact that describes the failure. */
  report: PackagePath.default("reports/failure.json"),
  /** What to call the patch. */
  patch: PackagePath.default("fix.patch"),
  /** Only files below these folders are changed: a fix that edits its own test proves nothing. */
  mayChange: z.array(z.string().min(1)).min(1).default(["src/"]),
});

const PatchOutput = z.object({
  patch: z.string(),
  summary: z.string(),
  change: Mutation,
  candidates: z.int(),
  tried: z.int(),
  tests: z.int(),
});

/**
 * Repairs a program by search: every change of a single token in the code that the failing tests execute, likeliest
 * slips first, until the failing tests and then all tests pass. Deterministic; needs no network and no model.
 */
export const patcher = task("code.patch")
  .input(PatchInput)
  .output(PatchOutput)
  .run(async (ctx, input) => {
    const report = await readReport(ctx.needs, input.report);
    const files = await readFiles(ctx.needs, report, input.report);
    ctx.log(
      `${report.failures.length} failing: ${report.failures.map((failure) => failure.name).join("; ")}`,
    );

    await using sandbox = await Sandbox.create(files);
    const mayChange = (path: string) => input.mayChange.some((folder) => path.startsWith(folder));
    ctx.progress(5, "looking for where the fault can be");
    const { mutations, considered } = await ctx.step("candidates", () =>
      findCandidates(sandbox, files, report, mayChange, ctx.signal),
    );
    ctx.log(
      `${mutations.length} candidates in code that the failing tests reach, of ${considered}`,
    );

    const repair = await ctx.step("repair", async () => {
      const found = await searchRepair(sandbox, files, report, mutations, {
        signal: ctx.signal,
        onTry: (tried, { file, line, before, after }, verdict) => {
          ctx.progress(
            10 + (85 * tried) / mutations.length,
            `${tried} of ${mutations.length} candidates tried`,
          );
          ctx.log(`${tried}. ${file}:${line} ${before} to ${after}: ${verdict}`);
        },
      });
      if (found) return found;
      throw permanent(`None of ${mutations.length} single-token changes makes the tests pass.`);
    });

    const { mutation: change, tried, tests } = repair;
    const source = files.get(change.file) ?? "";
    const diff = gitDiff(change.file, source, applyMutation(source, change));
    await ctx.artifact(input.patch, diff, { contentType: "text/x-diff; charset=utf-8" });
    ctx.progress(100, "patch stored");
    const summary =
      `${change.file} line ${change.line}: \`${change.before}\` becomes \`${change.after}\`. ` +
      `All ${tests} tests pass; ${tried} of ${mutations.length} candidates were tried.`;
    ctx.log(summary);
    return { patch: input.patch, summary, change, candidates: mutations.length, tried, tests };
  });

async function readReport(needs: Needs, name: string): Promise<FailureReport> {
  const text = await needs.artifact(name).text();
  const parsed = FailureReport.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw permanent(`${name} is not a failure report: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The files that the report lists, from the step that made the report. */
async function readFiles(
  needs: Needs,
  report: FailureReport,
  name: string,
): Promise<Map<string, string>> {
  const from = needs.artifact(name).step;
  const files = new Map<string, string>();
  for (const path of report.files) files.set(path, await needs.artifact(path, { from }).text());
  return files;
}
