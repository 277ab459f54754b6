import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { readAuditKeys } from "@nofx/control/audit/keys";
import {
  AuditDigest,
  checkDigest,
  createVerifier,
  type AuditKeys,
  type AuditVerification,
} from "@nofx/core/audit";
import { Sentence, WrongUsage } from "../errors.ts";
import { green, printable, yellow } from "../terminal/style.ts";
import type { VerifyOptions } from "./audit.ts";

/** `nofx audit verify EXPORT --key FILE [--head DIGEST]`: needs no server and trusts nothing that the export says of keys. */
export async function verify(file: string, options: VerifyOptions): Promise<void> {
  const keys = readKeys(options.key);
  const head = options.head === undefined ? undefined : readHead(options.head, keys);
  const verifier = createVerifier({
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    keys,
    head,
  });
  await eachLine(file, verifier.line);
  const found = verifier.end();
  if (options.json === true) console.log(JSON.stringify(found));
  else for (const line of say(found)) console.log(line);
  const { firstBad } = found;
  if (firstBad === null) return;
  const where = firstBad.seq === null ? "" : `entry ${firstBad.seq}: `;
  throw new Sentence(`This export cannot be believed. ${where}${printable(firstBad.why)}`);
}

function say({ ok, checked, couldNotCheck }: AuditVerification): string[] {
  const { tenant, from, to, entries, digests, signedTo } = checked;
  const lines = ok
    ? [
        `${green("✔")} Nothing wrong: tenant ${tenant}, entries ${from} to ${to} (${entries}), ${digests} digests${
          signedTo === null ? "" : `, signed up to entry ${signedTo}`
        }`,
      ]
    : [];
  return [...lines, ...couldNotCheck.map((text) => `${yellow("!")} Could not check: ${text}`)];
}

function readKeys(files: readonly string[]): AuditKeys {
  return new Map(
    files.flatMap((name) => {
      const pem = read(name, "the key");
      if (pem.includes("PRIVATE KEY")) {
        throw new WrongUsage(
          `${printable(name)} is the private key, which stays where it signs. Verifying takes the public one, in the local stack .nofx/audit-signing-key.pub.pem`,
        );
      }
      try {
        return [...readAuditKeys([pem])];
      } catch {
        throw new WrongUsage(`This is no Ed25519 key in PEM: ${printable(name)}`);
      }
    }),
  );
}

function readHead(given: string, keys: AuditKeys): AuditDigest {
  const text = given.trimStart().startsWith("{") ? given : read(given, "the head digest");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // told of below
  }
  const parsed = AuditDigest.safeParse(value);
  if (!parsed.success) {
    throw new WrongUsage("The head digest is not one that `nofx audit head` prints.");
  }
  const wrong = checkDigest(parsed.data, keys);
  if (wrong !== undefined) throw new WrongUsage(`The head digest does not hold: ${wrong}`);
  return parsed.data;
}

function read(name: string, what: string): string {
  try {
    return readFileSync(name, "utf8");
  } catch (cause) {
    throw new WrongUsage(`There is no reading ${what}: ${printable(name)}`, { cause });
  }
}

async function eachLine(file: string, take: (line: string) => void): Promise<void> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  // readline would take other characters for ends of lines too, and a missing one at the end for nothing
  let rest = "";
  try {
    for await (const chunk of input.setEncoding("utf8")) {
      rest += String(chunk);
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    }
  } catch (cause) {
    throw new WrongUsage(`There is no reading the export: ${printable(file)}`, { cause });
  }
  if (rest !== "") take(rest);
}
