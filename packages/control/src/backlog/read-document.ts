import { NofxError, type Issue } from "@nofx/core/errors";
import { unstorable } from "@nofx/core/vocabulary";
import { parseDocument } from "yaml";

/** The value in a backlog text. JSON is tried where it looks like JSON; everything else is YAML. */
export function readDocument(text: string, format: "auto" | "json" | "yaml"): unknown {
  const bad = unstorable(text);
  if (bad !== undefined) {
    const place = text.search(bad === "nul" ? /\u0000/ : LONE_SURROGATE);
    throw unreadable(
      `The text holds ${bad === "nul" ? "a NUL character" : "half of a surrogate pair"} at character ${place}; remove it.`,
    );
  }
  const json = format === "json" || (format === "auto" && /^\s*[[{]/.test(text));
  return json ? readJson(text) : readYaml(text);
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(`The JSON cannot be read: ${(error as Error).message.slice(0, 300)}`, error);
  }
}

/** Longer lines than this are no document that a person or tool writes, and make a YAML parser slow. */
const MAX_YAML_LINE = 200_000;

function readYaml(text: string): unknown {
  const long = text.split("\n").findIndex((line) => line.length > MAX_YAML_LINE);
  if (long >= 0) {
    throw unreadable(
      `Line ${long + 1} is longer than ${MAX_YAML_LINE} characters: this is not a YAML backlog.`,
    );
  }
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    const issues: Issue[] = document.errors.slice(0, 20).map((error) => ({
      path: "",
      message: error.message.split("\n")[0] ?? error.code,
    }));
    throw new NofxError("invalid_json", { detail: "The YAML cannot be read.", issues });
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw unreadable("The YAML repeats its aliases too often.", error);
  }
}

function unreadable(detail: string, cause?: unknown): NofxError {
  return new NofxError("invalid_json", { detail, cause });
}
