import { digestText, type AuditDigest, type AuditKeys } from "./digest.ts";
import { entryText, misshapen, NO_HASH, type AuditEntry, type Sha256 } from "./entry.ts";
import { readLine, type ExportHeader } from "./export-lines.ts";

/** What makes an export one that nobody should believe. */
export interface AuditFault {
  /** The first entry that cannot be believed; null where it is the file as a whole. */
  readonly seq: number | null;
  readonly why: string;
}

export interface AuditVerification {
  readonly ok: boolean;
  readonly checked: {
    readonly tenant: string | null;
    readonly from: number;
    readonly to: number;
    readonly entries: number;
    readonly digests: number;
    /** The last entry that a signed digest of the export vouches for. */
    readonly signedTo: number | null;
  };
  readonly firstBad: AuditFault | null;
  /** What nobody can know from what was given, each in a sentence. */
  readonly couldNotCheck: readonly string[];
}

export interface VerifierOptions {
  readonly sha256: Sha256;
  /** Trusted keys. None is taken from the export. */
  readonly keys: AuditKeys;
  /** A digest that was kept outside, after the export's last entry or before it. */
  readonly head?: AuditDigest | undefined;
}

export interface ExportVerifier {
  /** Gives it one line without its end. */
  line(text: string): void;
  end(): AuditVerification;
}

/** Whether a digest is signed by one of these keys; otherwise why not. */
export function checkDigest(digest: AuditDigest, keys: AuditKeys): string | undefined {
  const check = keys.get(digest.kid);
  if (check === undefined) {
    return `digest ${digest.n} is signed with key ${digest.kid}, which is none of those given`;
  }
  if (!check(digestText(digest), digest.signature)) {
    return `the signature of digest ${digest.n} is not key ${digest.kid}'s`;
  }
  return undefined;
}

/**
 * Verifies an export line by line, in constant memory: the chain of hashes, the digests and their signatures, and that the
 * export holds the head digest. What it cannot know it says.
 */
export function createVerifier(options: VerifierOptions): ExportVerifier {
  const { sha256, keys, head } = options;
  let header: ExportHeader | undefined;
  let ended = false;
  let lines = 0;
  let entries = 0;
  let last: { seq: number; hash: string } | undefined;
  let digests = 0;
  let lastDigest: AuditDigest | undefined;
  let holdsHead = false;
  let fault: AuditFault | undefined;
  const couldNotCheck: string[] = [];
  const kids = new Set<string>();

  const bad = (seq: number | null, why: string) => {
    fault ??= { seq, why };
  };
  const firstUnsigned = () => Math.max((lastDigest?.to ?? 0) + 1, header?.from ?? 1);
  const nextSeq = () => (last === undefined ? (header?.from ?? null) : last.seq + 1);

  const begin = (found: ExportHeader) => {
    header = found;
    if (head !== undefined && head.tenant !== found.tenant) {
      bad(found.from, "the export names another tenant than the head digest");
    }
    if (found.to < found.from - 1) bad(null, "its header names a range that ends before it begins");
    if (found.from === 1) last = { seq: 0, hash: NO_HASH };
  };

  const takeEntry = (tenant: string, entry: AuditEntry) => {
    const expected = nextSeq();
    if (entry.seq !== expected) return bad(expected, saidOfOrder(entry.seq, expected ?? 0));
    const field = misshapen(entry);
    if (field !== undefined) return bad(entry.seq, `its ${field} is not one that NOFX writes`);
    if (last !== undefined && entry.prev !== last.hash) {
      return bad(entry.seq, "it does not follow the entry before: prev is not that entry's hash");
    }
    if (sha256(entryText(tenant, entry)) !== entry.hash) {
      return bad(entry.seq, "its hash is not that of what it says: it was changed");
    }
    last = { seq: entry.seq, hash: entry.hash };
    entries += 1;
    if (head !== undefined && entry.seq === head.to && entry.hash !== head.headHash) {
      const first = firstUnsigned();
      bad(
        first,
        `entries ${first} to ${head.to} are not those that the head digest signed: the chain was made anew`,
      );
    }
  };

  const takeDigest = (tenant: string, digest: AuditDigest) => {
    const at = digest.from;
    if (digest.tenant !== tenant) return bad(at, `digest ${digest.n} is of another tenant`);
    const wrong = checkDigest(digest, keys);
    if (wrong !== undefined) return bad(at, wrong);
    const before = lastDigest;
    if (before === undefined && header?.from === 1 && digest.n !== 1) {
      return bad(1, `the first digest is ${digest.n}: those before it are missing`);
    }
    if (before !== undefined && digest.n !== before.n + 1) {
      return bad(
        before.to + 1,
        `digest ${digest.n} comes after ${before.n}: ${digest.n > before.n ? "one is missing" : "it is out of place"}`,
      );
    }
    if (digest.n === 1 && (digest.from !== 1 || digest.previousSignature !== "")) {
      return bad(1, "digest 1 does not begin the chain");
    }
    if (
      before !== undefined &&
      (digest.previousSignature !== before.signature || digest.from !== before.to + 1)
    ) {
      return bad(at, `digest ${digest.n} does not follow digest ${before.n}`);
    }
    if (digest.count !== digest.to - digest.from + 1)
      return bad(at, `digest ${digest.n} miscounts`);
    if (last === undefined) {
      // it signed what comes before the range: the first entry has to follow it
      if (header !== undefined && digest.to === header.from - 1) {
        last = { seq: digest.to, hash: digest.headHash };
      } else return bad(header?.from ?? at, `digest ${digest.n} is out of place`);
    } else if (digest.to !== last.seq) {
      return bad(
        Math.min(at, last.seq + 1),
        `digest ${digest.n} ends with entry ${digest.to} and stands after entry ${last.seq}`,
      );
    } else if (digest.headHash !== last.hash) {
      return bad(
        Math.max(at, header?.from ?? at),
        `entries ${at} to ${digest.to} are not those that digest ${digest.n} signed: the chain was made anew`,
      );
    }
    lastDigest = digest;
    digests += 1;
    kids.add(digest.kid);
    if (head !== undefined && head.n === digest.n) {
      if (head.signature === digest.signature && digestText(head) === digestText(digest))
        holdsHead = true;
      else bad(at, `digest ${digest.n} is not the one that was kept outside`);
    }
  };

  const finish = (found: ExportHeader) => {
    const to = last?.seq ?? found.from - 1;
    if (!ended) return bad(to + 1, "the file is cut off: it has no closing line");
    if (to !== found.to) return bad(to + 1, `the header promises entries up to ${found.to}`);
    if ([...kids].sort().join() !== found.kids.join()) {
      return bad(null, "its header names other keys than its digests");
    }
    if (head !== undefined && !holdsHead) sayOfHead(head, to);
  };

  const sayOfHead = (outside: AuditDigest, to: number) => {
    const from = header?.from ?? 1;
    if (outside.to < from - 1) {
      couldNotCheck.push(
        `the head digest ends with entry ${outside.to}, before this export begins: it says nothing of it`,
      );
    } else if (outside.to > to || outside.n > (lastDigest?.n ?? 0)) {
      bad(
        outside.to > to ? to + 1 : firstUnsigned(),
        `it ends before digest ${outside.n}, which was kept outside and goes up to entry ${outside.to}: its tail is cut off, or it is an old export`,
      );
    } else {
      bad(
        Math.max(from, outside.from),
        `it does not hold digest ${outside.n}, which was kept outside`,
      );
    }
  };

  const sayWhatIsOpen = (found: ExportHeader) => {
    const to = last?.seq ?? 0;
    const signedTo = lastDigest?.to ?? found.from - 1;
    if (lastDigest === undefined && entries > 0) {
      couldNotCheck.push(
        "it holds no signed digest: nobody can tell whether the whole chain was made anew",
      );
    } else if (signedTo < to) {
      couldNotCheck.push(
        `entries ${signedTo + 1} to ${to} come after the last signed digest: the chain holds, but nobody signed it`,
      );
    }
    if (head === undefined) {
      couldNotCheck.push(
        "no head digest was given: nobody can tell whether entries are missing from the end, or whether this is an old export",
      );
    }
    if (found.from > 1) couldNotCheck.push(`entries 1 to ${found.from - 1} are not in this export`);
  };

  return {
    line(text) {
      lines += 1;
      if (fault !== undefined) return;
      const line = readLine(text);
      if (ended) return bad(null, "something comes after its closing line");
      if (line === undefined)
        return bad(nextSeq(), `line ${lines} is not written as NOFX writes it`);
      if (header === undefined) {
        if (line.type === "header") begin(line);
        else bad(null, "it does not begin with a header");
        return;
      }
      if (line.type === "header") return bad(nextSeq(), `line ${lines} is a second header`);
      if (line.type === "entry") return takeEntry(header.tenant, line);
      if (line.type === "digest") {
        const { type: _, ...digest } = line;
        return takeDigest(header.tenant, digest);
      }
      ended = true;
      if (line.entries !== entries || line.digests !== digests) {
        bad(nextSeq(), "its closing line counts otherwise");
      }
    },
    end() {
      if (header === undefined) bad(null, "it is not an export of an audit log");
      else if (fault === undefined) finish(header);
      if (header !== undefined && fault === undefined) sayWhatIsOpen(header);
      return {
        ok: fault === undefined,
        checked: {
          tenant: header?.tenant ?? null,
          from: header?.from ?? 0,
          to: last?.seq ?? 0,
          entries,
          digests,
          signedTo: lastDigest?.to ?? null,
        },
        firstBad: fault ?? null,
        couldNotCheck,
      };
    },
  };
}

function saidOfOrder(found: number, expected: number): string {
  return found < expected
    ? `entry ${found} stands where entry ${expected} belongs: it is there twice, or out of order`
    : `entry ${found} stands where entry ${expected} belongs: one is missing, or out of order`;
}

/** Verifies lines that are at hand. */
export function verifyExport(lines: Iterable<string>, options: VerifierOptions): AuditVerification {
  const verifier = createVerifier(options);
  for (const line of lines) verifier.line(line);
  return verifier.end();
}
