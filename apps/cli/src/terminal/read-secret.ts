import { text } from "node:stream/consumers";
import { Sentence } from "../errors.ts";

/** A secret from standard input: piped, or typed without being shown. Never an argument: those are in the list of processes. */
export async function readSecret(
  question: string,
  input: NodeJS.ReadStream = process.stdin,
): Promise<string> {
  const secret = input.isTTY ? await typed(question, input) : (await text(input)).trim();
  if (secret === "") throw new Sentence("Nothing was given. Pipe the secret in, or type it.");
  return secret;
}

const ENTER = /[\r\n\u0004]/;
const INTERRUPT = "\u0003";
const ERASE = /[\u0008\u007f]/;

async function typed(question: string, input: NodeJS.ReadStream): Promise<string> {
  process.stderr.write(question);
  input.setRawMode(true);
  input.setEncoding("utf8");
  let secret = "";
  try {
    for await (const chunk of input as AsyncIterable<string>) {
      for (const char of chunk) {
        if (char === INTERRUPT) throw new Sentence("Nothing was stored.");
        if (ENTER.test(char)) return secret.trim();
        secret = ERASE.test(char) ? secret.slice(0, -1) : secret + char;
      }
    }
    return secret.trim();
  } finally {
    input.setRawMode(false);
    process.stderr.write("\n");
  }
}
