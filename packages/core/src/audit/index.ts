export {
  AuditDigest,
  digestText,
  UnsignedDigest,
  type AuditKeys,
  type CheckSignature,
} from "./digest.ts";
export { entryText, NO_HASH, type AuditEntry, type Sha256 } from "./entry.ts";
export {
  entryLine,
  EXPORT_FORMAT,
  interleave,
  readLine,
  writeLine,
  type ExportHeader,
} from "./export-lines.ts";
export {
  checkDigest,
  createVerifier,
  verifyExport,
  type AuditFault,
  type AuditVerification,
  type ExportVerifier,
} from "./verify-export.ts";
