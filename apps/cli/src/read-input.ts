import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Sentence } from "./errors.ts";

/** A file, or standard input for `-`. */
export async function read(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Sentence(`There is no file ${file}.`);
    if (code === "EISDIR")
      throw new Sentence(`${file} is a folder; name a JSON or YAML file in it.`);
    throw error;
  }
}
