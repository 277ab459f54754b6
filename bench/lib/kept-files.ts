import type { AuditPorts } from "../../apps/worker/src/audit/audit-loop.ts";

/** Files in memory, in place of Supabase's storage: no bench measures that. */
export function keptFiles(): AuditPorts["storage"] {
  const files = new Map<string, Uint8Array>();
  const at = (...place: string[]) => place.join("/");
  const refuse = () => Promise.reject(new Error("nothing here is reached by URL"));
  return {
    forTenant: (tenantId) => ({
      signUpload: refuse,
      signDownload: refuse,
      async put(bucket, path, bytes) {
        files.set(at(tenantId, bucket, path), bytes);
      },
      get: async (bucket, path) => files.get(at(tenantId, bucket, path)),
      async remove(bucket, paths) {
        for (const path of paths) files.delete(at(tenantId, bucket, path));
      },
    }),
  };
}
