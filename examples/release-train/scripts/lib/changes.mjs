import { readFileSync } from "node:fs";
import { at, listFiles, Refusal } from "./workspace.mjs";

/** What a fragment in changes/ may be, in the order of the changelog, and how far it moves the version. */
export const KINDS = {
  breaking: { heading: "Breaking", level: "major" },
  feature: { heading: "Added", level: "minor" },
  fix: { heading: "Fixed", level: "patch" },
  docs: { heading: "Documentation", level: "patch" },
};

/** The unreleased changes: `changes/*.md`, each a `kind:` line, an empty line and one paragraph. */
export function readChanges() {
  return listFiles("changes", (path) => path.endsWith(".md")).map((path) => {
    const [, kind, text] = /^kind: *(\S+)\n\n([^]+)$/.exec(readFileSync(at(path), "utf8")) ?? [];
    if (kind === undefined)
      throw new Refusal(`${path}: expected "kind: ...", an empty line and the text`);
    if (!Object.hasOwn(KINDS, kind)) {
      throw new Refusal(
        `${path}: unknown kind "${kind}" (one of ${Object.keys(KINDS).join(", ")})`,
      );
    }
    return { path, kind, text: text.trim().replace(/\s*\n\s*/g, " ") };
  });
}

/** The version of the newest entry in the changelog. */
export const newestEntry = (changelog) => /^## (\S+)$/m.exec(changelog)?.[1];
