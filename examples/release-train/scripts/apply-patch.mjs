// Applies a patch with `git apply`. It may change files in src/ and nothing else: a fix that edits
// its own test proves nothing. Applying what is already applied is no error, so that this step can
// be run again after a crash.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { at, main, Refusal, root } from "./lib/workspace.mjs";

function git(...args) {
  const { error, status, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    // The workspace is nobody's repository, even where it lies inside one: there, git would skip
    // paths silently.
    env: {
      ...process.env,
      GIT_DIR: "/dev/null",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      LC_ALL: "C",
    },
  });
  if (error?.code === "ENOENT") throw new Refusal("git is not on the path");
  if (error) throw error;
  return { fine: status === 0, stdout, stderr: stderr.trim() };
}

await main("apply-patch", () => {
  const patch = process.argv[2] ?? "fix.patch";
  if (!existsSync(at(patch))) throw new Refusal(`there is no ${patch}`);

  const stat = git("apply", "--numstat", patch);
  if (!stat.fine) throw new Refusal(`${patch} is not a patch: ${stat.stderr}`);
  const paths = stat.stdout
    .trim()
    .split("\n")
    .map((line) => line.split("\t")[2]);
  const outside = paths.filter(
    (path) => !/^src\/[\w./-]+$/.test(path) || path.split("/").includes(".."),
  );
  if (outside.length > 0)
    throw new Refusal(`${patch} changes more than src/: ${outside.join(", ")}`);

  const forward = git("apply", "--check", patch);
  if (forward.fine) {
    const applied = git("apply", patch);
    if (!applied.fine) throw new Refusal(applied.stderr);
    console.log(`applied ${patch}\n${stat.stdout.trim()}`);
  } else if (git("apply", "--check", "--reverse", patch).fine) {
    console.log(`${patch} is already applied`);
  } else {
    throw new Refusal(`${patch} does not apply: ${forward.stderr}`);
  }
});
