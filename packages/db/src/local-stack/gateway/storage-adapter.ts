import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { App } from "@supabase/lite";
import { uploadRequest } from "./upload-request.ts";

type StorageAdapter = NonNullable<App["_storageAdapter"]>;
type Metadata = Awaited<ReturnType<StorageAdapter["headObject"]>>;
type UploadBody = Parameters<StorageAdapter["uploadObject"]>[3];

/** Beyond this no upload goes, whatever a bucket allows: a stream without a length must not fill the disk. */
const MAX_BYTES = 512 * 1024 * 1024;

/** A file this old that the storage server has no row for is left from an upload that broke off. */
const LEFTOVER_MS = 60_000;

/**
 * Keeps objects as files under `folder`. A file is named by the digest of bucket and key, so that no key can lead out of
 * the folder, be too long for the file system, or clash with a folder of the same name.
 */
export function createFileStorage(folder: string): StorageAdapter {
  const fileOf = (bucket: string, key: string) => {
    const digest = createHash("sha256").update(`${bucket}\0${key}`).digest("hex");
    return path.join(folder, digest.slice(0, 2), digest);
  };
  const readMetadata = async (file: string): Promise<Metadata> => {
    const kept = JSON.parse(await readFile(`${file}.json`, "utf8")) as Omit<
      Metadata,
      "lastModified"
    >;
    return { ...kept, lastModified: (await stat(file)).mtime, httpStatusCode: 200 };
  };
  const remove = async (bucket: string, key: string) => {
    const file = fileOf(bucket, key);
    await rm(file, { force: true });
    await rm(`${file}.json`, { force: true });
  };

  return {
    driver: null,

    async uploadObject(bucket, key, _version, body, contentType, cacheControl) {
      const file = fileOf(bucket, key);
      const partial = `${file}.${randomUUID()}`;
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const replaces = uploadRequest.getStore()?.replaces ?? true;
      if (!replaces) await removeLeftover(file);
      try {
        const { size, eTag } = await writeBody(body, partial);
        const kept = { mimetype: contentType, cacheControl, size, contentLength: size, eTag };
        await writeFile(`${partial}.json`, JSON.stringify(kept));
        if (!replaces) await claim(partial, file);
        await rename(`${partial}.json`, `${file}.json`);
        if (replaces) await rename(partial, file);
      } finally {
        await rm(partial, { force: true });
        await rm(`${partial}.json`, { force: true });
      }
      return readMetadata(file);
    },

    async getObject(bucket, key) {
      const file = fileOf(bucket, key);
      const metadata = await readMetadata(file);
      const body = Readable.toWeb(createReadStream(file)) as ReadableStream;
      return { metadata, httpStatusCode: 200, body };
    },

    async headObject(bucket, key) {
      return readMetadata(fileOf(bucket, key));
    },

    async deleteObject(bucket, key) {
      await remove(bucket, key);
    },

    async deleteObjects(bucket, keys) {
      for (const key of keys) await remove(bucket, key);
    },

    async copyObject(sourceBucket, source, _version, bucket, key) {
      const from = fileOf(sourceBucket, source);
      const to = fileOf(bucket, key);
      await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
      await copyFile(from, to);
      await copyFile(`${from}.json`, `${to}.json`);
      const { eTag, lastModified } = await readMetadata(to);
      return { httpStatusCode: 200, eTag, ...(lastModified && { lastModified }) };
    },

    async privateAssetUrl(bucket, key) {
      return `file://${fileOf(bucket, key)}`;
    },
  };
}

/** Gives what was written its name, unless another upload was faster: `rename` would replace what that one stored. */
async function claim(partial: string, file: string): Promise<void> {
  try {
    await link(partial, file);
  } catch (error) {
    const upload = uploadRequest.getStore();
    if (upload && (error as NodeJS.ErrnoException).code === "EEXIST") upload.conflict = true;
    throw error;
  }
}

async function removeLeftover(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
}

async function writeBody(body: UploadBody, file: string): Promise<{ size: number; eTag: string }> {
  const hash = createHash("md5");
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      done(size > MAX_BYTES ? new RangeError("the object is larger than 512 MB") : null, chunk);
    },
  });
  const source =
    body instanceof Uint8Array
      ? Readable.from([Buffer.from(body)])
      : Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(source, measure, createWriteStream(file, { mode: 0o600 }));
  return { size, eTag: `"${hash.digest("hex")}"` };
}
