import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const GROUPS = ["packages", "apps", "examples"];

/** The files that git knows of, in a folder of their own, with hard links to what is installed. */
export function copyCheckout(root: string): string {
  // in the checkout's own folder for what it makes: hard links do not reach other file systems
  const home = join(root, ".nofx");
  mkdirSync(home, { recursive: true });
  const copy = mkdtempSync(join(home, "mutants-"));
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of git("ls-files", "-z", "--cached", "--others", "--exclude-standard")) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  const homes = GROUPS.flatMap((group) =>
    readdirSync(join(root, group)).map((one) => join(group, one)),
  );
  for (const home of [".", "tests", ...homes]) {
    execFileSync("sh", [
      "-c",
      'if [ -d "$1" ]; then cp -al "$1" "$2"; fi',
      "sh",
      join(root, home, "node_modules"),
      join(copy, home),
    ]);
  }
  return copy;
}
