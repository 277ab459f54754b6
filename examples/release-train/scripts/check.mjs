// Judges the package before any work is put into it: syntax of every file, imports, manifest,
// changelog.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { newestEntry, readChanges } from "./lib/changes.mjs";
import { importsOf, specifiersOf } from "./lib/imports.mjs";
import { isVersion } from "./lib/semver.mjs";
import { at, listFiles, main, readManifest, Refusal, writeWhole } from "./lib/workspace.mjs";

const problems = [];
const lines = [];
const expect = (fine, problem) => fine || problems.push(problem);

function checkSyntax() {
  const files = ["src", "tests", "scripts"].flatMap((folder) =>
    listFiles(folder, (path) => /\.m?js$/.test(path)),
  );
  for (const file of files) {
    const { status, stderr } = spawnSync(process.execPath, ["--check", at(file)], {
      encoding: "utf8",
    });
    const reason =
      stderr.split("\n").find((line) => line.startsWith("SyntaxError")) ?? stderr.trim();
    expect(status === 0, `${file}: ${reason}`);
  }
  lines.push(`syntax     ${files.length} files`);
}

function checkImports() {
  const sources = listFiles("src", (path) => path.endsWith(".js"));
  for (const file of sources) {
    for (const target of importsOf(file))
      expect(existsSync(at(target)), `${file} imports ${target}, which is not there`);
    for (const name of specifiersOf(file)) {
      expect(
        name.startsWith("."),
        `${file} imports "${name}", and this package has no dependencies`,
      );
    }
  }
  lines.push(`imports    ${sources.length} sources, all inside the package`);
}

function checkManifest() {
  const manifest = readManifest();
  for (const field of ["name", "version", "description", "license", "exports", "files"]) {
    expect(manifest[field] !== undefined, `package.json: no "${field}"`);
  }
  expect(
    /^[a-z0-9][a-z0-9._-]*$/.test(manifest.name ?? ""),
    `package.json: "${manifest.name}" is no package name`,
  );
  expect(
    isVersion(manifest.version ?? ""),
    `package.json: "${manifest.version}" is no release version`,
  );
  expect(manifest.type === "module", 'package.json: "type" is not "module"');
  for (const field of ["dependencies", "peerDependencies", "optionalDependencies"]) {
    expect(
      Object.keys(manifest[field] ?? {}).length === 0,
      `package.json: "${field}" is not empty`,
    );
  }
  for (const target of Object.values(manifest.exports?.["."] ?? {})) {
    const source = target.replace(/^\.\/dist\//, "src/");
    expect(existsSync(at(source)), `package.json exports ${target}, but there is no ${source}`);
  }
  lines.push(`manifest   ${manifest.name} ${manifest.version}`);
}

function checkChangelog() {
  const newest = newestEntry(readFileSync(at("CHANGELOG.md"), "utf8"));
  const { version } = readManifest();
  expect(newest === version, `CHANGELOG.md ends at ${newest}, package.json says ${version}`);
  const changes = readChanges();
  lines.push(
    `changes    ${changes.length} to release: ${changes.map((change) => change.path).join(", ")}`,
  );
}

await main("check", () => {
  for (const check of [checkSyntax, checkImports, checkManifest, checkChangelog]) check();
  const text = [...lines, ...problems.map((problem) => `PROBLEM    ${problem}`)].join("\n");
  writeWhole(at("reports", "check.txt"), `${text}\n`);
  console.log(text);
  if (problems.length > 0) throw new Refusal(`${problems.length} problems`);
});
