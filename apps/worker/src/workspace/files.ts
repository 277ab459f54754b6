/** Artifacts' bytes, by the path that the engine gave them. */
export interface Files {
  get(tenantId: string, path: string): Promise<Uint8Array | undefined>;
  put(tenantId: string, path: string, bytes: Uint8Array, contentType: string): Promise<void>;
}
