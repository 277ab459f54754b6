import { NofxError } from "@nofx/core/errors";
import { createClient } from "@supabase/supabase-js";
import { mintStorageToken } from "./mint-token.ts";

export const BUCKETS = ["artifacts", "uploads", "digests", "snapshots"] as const;
export type Bucket = (typeof BUCKETS)[number];

/** Files of one tenant: every path begins with the tenant's uuid, and the token opens no other. */
export interface TenantFiles {
  signUpload(bucket: Bucket, path: string): Promise<string>;
  /** `downloadName` is what a browser saves the file as. */
  signDownload(bucket: Bucket, path: string, downloadName?: string): Promise<string>;
  put(bucket: Bucket, path: string, bytes: Uint8Array, contentType: string): Promise<void>;
  get(bucket: Bucket, path: string): Promise<Uint8Array | undefined>;
  /** Removes files; one that is not there is removed already. */
  remove(bucket: Bucket, paths: readonly string[]): Promise<void>;
}

export interface Storage {
  forTenant(tenantId: string): TenantFiles;
}

const HOUR = 3600;

export function createStorage(options: {
  url: string;
  key: string;
  jwtSecret: string;
  now: () => Date;
}): Storage {
  return { forTenant: (tenantId) => tenantFiles(options, tenantId) };
}

function tenantFiles(
  options: { url: string; key: string; jwtSecret: string; now: () => Date },
  tenantId: string,
): TenantFiles {
  const client = createClient(options.url, options.key, {
    accessToken: async () =>
      mintStorageToken({ tenantId, secret: options.jwtSecret, now: options.now() }),
  });
  const from = (bucket: Bucket) => client.storage.from(bucket);
  return {
    async signUpload(bucket, path) {
      const { data, error } = await from(bucket).createSignedUploadUrl(path);
      if (error) throw unavailable(error);
      return data.signedUrl;
    },
    async signDownload(bucket, path, downloadName) {
      const { data, error } = await from(bucket).createSignedUrl(
        path,
        HOUR,
        downloadName === undefined ? {} : { download: downloadName },
      );
      if (error) throw unavailable(error);
      return data.signedUrl;
    },
    async put(bucket, path, bytes, contentType) {
      const { error } = await from(bucket).upload(path, bytes, { contentType });
      if (error && !/exists|duplicate/i.test(error.message)) throw unavailable(error);
    },
    async remove(bucket, paths) {
      const { error } = await from(bucket).remove([...paths]);
      if (error) throw unavailable(error);
    },
    async get(bucket, path) {
      const { data, error } = await from(bucket).download(path);
      if (error) {
        if (isMissing(error)) return undefined;
        throw unavailable(error);
      }
      return new Uint8Array(await data.arrayBuffer());
    },
  };
}

/** Storage says 400 or 404, depending on its version, for what is not there. */
function isMissing(error: { status?: number | undefined }): boolean {
  return error.status === 404 || error.status === 400;
}

function unavailable(cause: unknown): NofxError {
  return new NofxError("unavailable", {
    detail: "File storage did not answer; try again in a moment.",
    retryAfterSeconds: 2,
    cause,
  });
}
