import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { Refusal } from "./workspace.mjs";

const BLOCK = 512;

const text = (bytes) => {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end === -1 ? bytes.length : end).toString("utf8");
};

/** The files in an npm tarball, by path inside `package/`. Reads plain ustar, which is what npm writes for short paths. */
export function readTarball(bytes) {
  let tar;
  try {
    tar = gunzipSync(bytes);
  } catch (cause) {
    throw new Refusal(`not a gzipped tarball: ${cause.message}`, { cause });
  }
  const files = new Map();
  for (let offset = 0; offset + BLOCK <= tar.length && tar[offset] !== 0;) {
    const header = tar.subarray(offset, offset + BLOCK);
    const size = Number.parseInt(text(header.subarray(124, 136)).trim(), 8) || 0;
    const type = String.fromCharCode(header[156]);
    const folder = text(header.subarray(345, 500));
    const path = (folder ? `${folder}/` : "") + text(header.subarray(0, 100));
    offset += BLOCK;
    if (type === "0" || type === "\0") {
      files.set(path.replace(/^package\//, ""), tar.subarray(offset, offset + size));
    }
    offset += Math.ceil(size / BLOCK) * BLOCK;
  }
  if (!files.has("package.json")) throw new Refusal("the tarball holds no package/package.json");
  return files;
}

/** The two digests a registry states for a tarball. */
export const digestsOf = (bytes) => ({
  integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
  shasum: createHash("sha1").update(bytes).digest("hex"),
});
