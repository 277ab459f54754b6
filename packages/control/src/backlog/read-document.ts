import { unstorable } from "@nofx/core/vocabulary";
import { readYaml } from "./read-yaml.ts";
import { unreadable } from "./unreadable.ts";

/** The value in a backlog text. JSON is tried where it looks like JSON; everything else is YAML. */
export function readDocument(text: string, format: "auto" | "json" | "yaml"): unknown {
  refuseUnstorable(text);
  const json = format === "json" || (format === "auto" && /^\s*[[{]/.test(text));
  return json ? readJson(text) : readYaml(text);
}

/** Text that the database cannot hold is refused as a whole, with the place. */
export function refuseUnstorable(text: string): void {
  const bad = unstorable(text);
  if (bad === undefined) return;
  const place = text.search(bad === "nul" ? /\u0000/ : LONE_SURROGATE);
  throw unreadable(
    `The text holds ${bad === "nul" ? "a NUL character" : "half of a surrogate pair"} at character ${place}; remove it.`,
  );
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(`The JSON cannot be read: ${(error as Error).message.slice(0, 300)}`, error);
  }
}
