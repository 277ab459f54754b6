import { readYaml } from "../backlog/read-yaml.ts";

/** A file with a policy or a request in it, JSON or YAML, as it is: whether it is one is judged where it is used. */
export function readRoutingDocument(text: string): unknown {
  return readYaml(text);
}
