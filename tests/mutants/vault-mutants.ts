import type { Mutant } from "./mutants.ts";

const VAULT = "packages/control/src/vault";
const SQL = "packages/db/supabase/migrations";
const tampered = (test: string) => ({ file: "packages/control/test/vault/tampered.test.ts", test });
const keks = (test: string) => ({ file: "packages/control/test/vault/keks.test.ts", test });
const vault = (test: string) => ({ file: "packages/control/test/vault/vault.test.ts", test });

/** The vault, broken. */
export const VAULT_MUTANTS: readonly Mutant[] = [
  {
    name: "open a secret for the place that its row tells",
    file: `${VAULT}/envelope.ts`,
    edits: [
      ["flattenedDecrypt({ ...envelope, aad }, kek.key", "flattenedDecrypt(envelope, kek.key"],
    ],
    killer: tampered("of another tenant"),
  },
  {
    name: "open a secret without comparing it with what was put there",
    file: `${VAULT}/use-key.ts`,
    edits: [['if (digestOf(envelope.data) !== row.digest) return no("changed");', ""]],
    killer: tampered("of another version of the same key"),
  },
  {
    name: "open what is wrapped by a retired KEK",
    file: `${VAULT}/use-key.ts`,
    edits: [['if (row.kek_status === "retired") return maybeRewrapped("kek_retired");', ""]],
    killer: keks("a rotation under load"),
  },
  {
    name: "give up on a key that is being wrapped anew",
    file: `${VAULT}/use-key.ts`,
    edits: [["const TRIES = 3;", "const TRIES = 1;"]],
    killer: keks("is asked for again"),
  },
  {
    name: "write under a KEK that is no longer the one to write with",
    file: `${SQL}/0082_vault.sql`,
    edits: [
      [
        "where k.status = 'current' and k.kid = p_jwe -> 'header' ->> 'kid' for share",
        "where k.kid = p_jwe -> 'header' ->> 'kid'",
      ],
    ],
    killer: keks("sealed again, under the new one"),
  },
  {
    name: "wrap anew what somebody has changed meanwhile",
    file: `${SQL}/0083_vault_keks.sql`,
    edits: [[` and v.jwe ->> 'encrypted_key' = w."from"`, ""]],
    killer: keks("keeps what was changed meanwhile"),
  },
  {
    name: "retire a KEK that wraps something",
    file: `${SQL}/0104_redaction.sql`,
    edits: [
      [
        "elsif exists (select from public.secure_key_versions v where v.kek = p_kid)",
        "elsif false",
      ],
    ],
    killer: keks("what cannot be is refused"),
  },
  {
    name: "change what was done with keys",
    file: `${SQL}/0082_vault.sql`,
    edits: [
      [
        "before update or delete on public.secure_keys_audit",
        "before delete on public.secure_keys_audit",
      ],
    ],
    killer: vault("no role changes or deletes an entry"),
  },
  {
    name: "give the version before without an overlap",
    file: `${SQL}/0082_vault.sql`,
    edits: [["when h.overlap_until > clock_timestamp() then h.version - 1", "else h.version - 1"]],
    killer: vault("the version before is given"),
  },
];
