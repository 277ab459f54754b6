import { root } from "../lib/paths.mjs";
import { runProcess } from "../lib/processes.ts";

async function git(...args: string[]): Promise<string | undefined> {
  const { code, output } = await runProcess("git", args, { cwd: root });
  return code === 0 && output.trim() !== "" ? output.trim() : undefined;
}

/**
 * The commit that the change is measured against: NOFX_BASE if given; in a pull request, or on a branch, where it left the main
 * branch; on the main branch itself the newest commit from more than four hours before the last one, because a change
 * lands as a series of commits.
 */
export async function findBase(): Promise<string | undefined> {
  const given = process.env["NOFX_BASE"];
  if (given !== undefined && given !== "") return git("rev-parse", "--verify", `${given}^{commit}`);
  const head = await git("rev-parse", "HEAD");
  if (head === undefined) return undefined;
  const target = process.env["GITHUB_BASE_REF"] || "main";
  const left = await git("merge-base", "HEAD", `origin/${target}`);
  if (left !== undefined && left !== head) return left;
  const time = Number(await git("show", "-s", "--format=%ct", "HEAD"));
  return (
    (await git("rev-list", "-1", `--before=${time - 4 * 3600}`, "HEAD")) ??
    (await git("rev-list", "--max-parents=0", "HEAD"))
  );
}

/** The lines changed since the base, as a diff without context. */
export async function diffSince(base: string): Promise<string> {
  const { output } = await runProcess(
    "git",
    [
      "diff",
      "--unified=0",
      "--no-color",
      "--no-ext-diff",
      base,
      "--",
      "packages",
      "apps",
      "scripts",
    ],
    { cwd: root },
  );
  return output;
}
