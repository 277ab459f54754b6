import type { Mutant } from "./mutants.ts";

const VERIFIER = "packages/core/src/audit/verify-export.ts";
const SQL = "packages/db/supabase/migrations";
const killer = { file: "packages/core/src/audit/verify-export.test.ts", test: "" };

/** The verifier of exports and what signs, broken. */
export const AUDIT_MUTANTS: readonly Mutant[] = [
  {
    name: "verify an export without computing its hashes",
    file: VERIFIER,
    edits: [["if (sha256(entryText(tenant, entry)) !== entry.hash) {", "if (entry.hash === '') {"]],
    killer,
  },
  {
    name: "verify an export without checking signatures",
    file: VERIFIER,
    edits: [
      ["if (!check(digestText(digest), digest.signature)) {", "if (digest.signature === '') {"],
    ],
    killer,
  },
  {
    name: "verify an export against a head digest that it need not hold",
    file: VERIFIER,
    edits: [["if (head !== undefined && !holdsHead) sayOfHead(head, to);", ""]],
    killer,
  },
  {
    name: "verify an export whose digests sign another chain",
    file: VERIFIER,
    edits: [
      ["} else if (digest.headHash !== last.hash) {", "} else if (digest.headHash === '') {"],
    ],
    killer,
  },
  {
    name: "sign a chain that was cut behind the signer's back",
    file: `${SQL}/0070_audit_digests.sql`,
    edits: [
      [
        `\n      or not exists (select from public.audit_log a where a.tenant_id = v_new.tenant and a.seq = v_new."to" and a.hash = v_new."headHash")`,
        "",
      ],
    ],
    killer: {
      file: "packages/control/test/audit/tampering.test.ts",
      test: "a chain that was cut behind the signer's back",
    },
  },
];
