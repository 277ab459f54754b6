// Every path and link in the documents that points into this repository must lead somewhere. Checked: README.md,
// CONTRIBUTING.md, AGENTS.md files and docs/. In them: markdown links and images, and paths in `code` that start with a folder
// of this repository.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folders = /^(apps|packages|scripts|tests|docs|examples|bench|\.ci|\.github)\//;
const documents =
  /^(README|CONTRIBUTING|SECURITY|CHANGELOG|AGENTS)\.md$|^docs\/.*\.md$|\/(AGENTS|README)\.md$/;

/** Blanks what stands in fenced blocks, keeping the line numbers: commands and examples are not references. */
function withoutFences(text) {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ""));
}

function anchors(text) {
  const seen = new Map();
  return new Set(
    [...withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, title]) => {
      const slug = title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replace(/\s/g, "-");
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

/** The references of one document, each as { line, target, path, anchor }. */
function* references(root, file, text) {
  const clean = withoutFences(text);
  const lineOf = (index) => clean.slice(0, index).split("\n").length;
  for (const match of clean.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
    const target = match[1];
    if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) continue;
    const [path, anchor] = target.split("#");
    const base = path.startsWith("/") ? root : dirname(join(root, file));
    yield {
      line: lineOf(match.index),
      target,
      path: path === "" ? join(root, file) : resolve(base, `./${decodeURI(path)}`),
      anchor,
    };
  }
  for (const match of clean.matchAll(/`([^`\n]+)`/g)) {
    const target = match[1].split(/[\s:#]/)[0].replace(/[.,;]$/, "");
    // Patterns and names to fill in are not paths.
    if (!folders.test(target) || /[*<>{}$…[\]]|\.\.\.|NNNN/.test(target)) continue;
    yield { line: lineOf(match.index), target, path: join(root, target) };
  }
}

/** The dead references of the documents under `root`, one sentence each. */
export function findDeadReferences(root, files) {
  const dead = [];
  for (const file of files.filter((name) => documents.test(name) && existsSync(join(root, name)))) {
    const text = readFileSync(join(root, file), "utf8");
    for (const { line, target, path, anchor } of references(root, file, text)) {
      if (relative(root, path).startsWith(".."))
        dead.push(`${file}:${line}: ${target} leads out of the repository`);
      else if (!existsSync(path)) dead.push(`${file}:${line}: ${target} does not exist`);
      else if (
        anchor &&
        path.endsWith(".md") &&
        statSync(path).isFile() &&
        !anchors(readFileSync(path, "utf8")).has(anchor)
      )
        dead.push(`${file}:${line}: ${target} has no such heading`);
    }
  }
  return dead;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const dead = findDeadReferences(root, listed.split("\n"));
  for (const sentence of dead) console.error(sentence);
  process.exitCode = dead.length === 0 ? 0 : 1;
}
