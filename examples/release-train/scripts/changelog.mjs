// Turns the fragments in changes/ into an entry of CHANGELOG.md and raises the version in
// package.json. The order of the writes makes it safe to run again after a crash: the entry, the
// version, and the fragments go last.
import { readFileSync, rmSync } from "node:fs";
import { KINDS, newestEntry, readChanges } from "./lib/changes.mjs";
import { bump, compareVersions } from "./lib/semver.mjs";
import { at, main, readManifest, Refusal, writeJson, writeWhole } from "./lib/workspace.mjs";

function entryOf(version, changes) {
  const sections = Object.entries(KINDS).flatMap(([kind, { heading }]) => {
    const own = changes.filter((change) => change.kind === kind);
    return own.length === 0
      ? []
      : [`### ${heading}\n\n${own.map((change) => `- ${change.text}`).join("\n")}\n`];
  });
  return `## ${version}\n\n${sections.join("\n")}`;
}

await main("changelog", () => {
  const manifest = readManifest();
  const changelog = readFileSync(at("CHANGELOG.md"), "utf8");
  const changes = readChanges();
  const newest = newestEntry(changelog);
  if (newest === undefined) throw new Refusal("CHANGELOG.md has no entry to put the new one above");

  let version = newest;
  if (compareVersions(newest, manifest.version) === 0) {
    if (changes.length === 0) {
      console.log(`nothing to release after ${newest}`);
      return;
    }
    const levels = new Set(changes.map((change) => KINDS[change.kind].level));
    version = bump(
      newest,
      ["major", "minor", "patch"].find((level) => levels.has(level)),
    );
    const entry = entryOf(version, changes);
    writeWhole(
      at("CHANGELOG.md"),
      changelog.replace(/^## /m, () => `${entry}\n## `),
    );
    console.log(entry);
  }
  writeJson(at("package.json"), { ...manifest, version });
  for (const change of changes) rmSync(at(change.path));
  console.log(`${manifest.name} ${manifest.version} -> ${version}`);
});
