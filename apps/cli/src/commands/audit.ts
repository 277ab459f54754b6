import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { writeLine } from "@nofx/core/audit";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { green } from "../terminal/style.ts";

export interface ExportOptions {
  from?: number;
  to?: number;
  output?: string;
}

export interface HeadOptions {
  now?: boolean;
}

/** Verification's options, in `audit-verify.ts`. */
export interface VerifyOptions {
  key: string[];
  head?: string;
  json?: boolean;
}

/** `nofx audit export`: page by page, so that a long log takes no memory. */
export async function exportLog(options: ExportOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  const { from: wanted, to: until } = options;
  const { digests, ...range } = await api.exportAudit({ from: wanted, to: until }, randomUUID());
  const { tenant, from, to, kids } = range;
  const sink = options.output === undefined ? toStandardOutput() : toFile(options.output);
  const counted = { entries: 0, digests: 0 };
  try {
    await sink.write([
      writeLine({ type: "header", format: "nofx.audit.export.v1", tenant, from, to, kids }),
    ]);
    for (let after: number | null | undefined; after !== null;) {
      const page = await api.auditLines({
        from,
        to,
        digests,
        ...(after !== undefined && { after }),
      });
      await sink.write(page.lines);
      counted.entries += page.entries;
      counted.digests += page.digests;
      after = page.after;
    }
    await sink.write([writeLine({ type: "end", ...counted })]);
  } catch (error) {
    sink.drop();
    throw error;
  }
  sink.keep();
  const where = options.output === undefined ? "" : ` in ${options.output}`;
  console.error(`${green("✔")} ${counted.entries} entries and ${counted.digests} digests${where}`);
}

interface Sink {
  write(lines: readonly string[]): Promise<void>;
  keep(): void;
  drop(): void;
}

function toStandardOutput(): Sink {
  const nothing = () => {};
  return {
    async write(lines) {
      if (lines.length === 0 || process.stdout.write(`${lines.join("\n")}\n`)) return;
      await once(process.stdout, "drain");
    },
    keep: nothing,
    drop: nothing,
  };
}

/** The file is there once it is whole. */
function toFile(name: string): Sink {
  const part = `${name}.part`;
  let file: number;
  try {
    file = openSync(part, "w");
  } catch (cause) {
    throw new WrongUsage(`There is no writing to ${name}`, { cause });
  }
  return {
    async write(lines) {
      if (lines.length > 0) writeSync(file, `${lines.join("\n")}\n`);
    },
    keep() {
      fsyncSync(file);
      closeSync(file);
      renameSync(part, name);
    },
    drop() {
      closeSync(file);
      rmSync(part, { force: true });
    },
  };
}

/** `nofx audit head`: one line of JSON, nothing else. */
export async function head(options: HeadOptions): Promise<void> {
  const { api } = await connectRunning("supervisor");
  let { digest } = options.now === true ? await api.signAudit(randomUUID()) : await api.auditHead();
  if (options.now === true) {
    const before = digest?.n ?? 0;
    for (let tried = 0; (digest?.n ?? 0) <= before && tried < 60; tried += 1) {
      await delay(500);
      ({ digest } = await api.auditHead());
    }
    if ((digest?.n ?? 0) <= before) {
      throw new Sentence("No digest was signed within 30 seconds: does a worker run, with a key?");
    }
  }
  if (digest === null) {
    throw new Sentence(
      "No digest is signed yet. Workers sign with the key that NOFX_AUDIT_SIGNING_KEY_FILE names: docs/audit.md",
    );
  }
  console.log(JSON.stringify(digest));
}
