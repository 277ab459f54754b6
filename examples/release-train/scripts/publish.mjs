// Publishes a tarball to a registry that is a folder: <registry>/<name>/-/<tarball> and
// <registry>/<name>/packument.json.
//   node scripts/publish.mjs --registry <folder> [--tarball <file>]
// The folder may also come from RELEASE_REGISTRY. A version that is there is never overwritten;
// publishing the very same bytes again is no error.
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { compareVersions, isVersion } from "./lib/semver.mjs";
import { digestsOf, readTarball } from "./lib/tarball.mjs";
import { at, listFiles, main, option, Refusal, root, writeJson } from "./lib/workspace.mjs";

/** Creates a file whole or not at all, and never over another one: false if the name is taken. */
function createWhole(path, bytes) {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, bytes);
  try {
    try {
      linkSync(part, path);
    } catch (error) {
      if (error.code === "EEXIST") throw error;
      copyFileSync(part, path, constants.COPYFILE_EXCL);
    }
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(part, { force: true });
  }
}

await main("publish", () => {
  const target = option("registry") ?? process.env.RELEASE_REGISTRY;
  if (target === undefined)
    throw new Refusal("say where to publish: --registry <folder> or RELEASE_REGISTRY");
  const tarball = option("tarball") ?? listFiles("out", (path) => path.endsWith(".tgz"))[0];
  if (tarball === undefined || !existsSync(at(tarball)))
    throw new Refusal(`there is no ${tarball ?? "tarball in out/"}: pack first`);

  const bytes = readFileSync(at(tarball));
  const files = readTarball(bytes);
  const manifest = JSON.parse(files.get("package.json").toString("utf8"));
  const { name, version } = manifest;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name) || !isVersion(version)) {
    throw new Refusal(`the tarball calls itself ${name}@${version}, which cannot be published`);
  }
  const { integrity, shasum } = digestsOf(bytes);

  const folder = join(resolve(root, target), name);
  const place = join(folder, "-", basename(`${name}-${version}.tgz`));
  mkdirSync(join(folder, "-"), { recursive: true });
  const created = createWhole(place, bytes);
  if (!created) {
    const there = digestsOf(readFileSync(place)).integrity;
    if (there !== integrity) {
      throw new Refusal(
        `${name}@${version} is already published with other content and is never overwritten; raise the version` +
          `\n  there ${there}\n  here  ${integrity}`,
      );
    }
  }

  const path = join(folder, "packument.json");
  const packument = existsSync(path)
    ? JSON.parse(readFileSync(path, "utf8"))
    : { name, "dist-tags": {}, versions: {}, time: {} };
  if (packument.versions[version]?.dist.integrity === integrity) {
    console.log(`${name}@${version} is already published with the same content: nothing to do`);
    return;
  }
  const now = new Date().toISOString();
  const unpackedSize = [...files.values()].reduce((sum, content) => sum + content.length, 0);
  packument.versions[version] = {
    ...manifest,
    _id: `${name}@${version}`,
    dist: {
      tarball: `-/${basename(place)}`,
      integrity,
      shasum,
      fileCount: files.size,
      unpackedSize,
    },
  };
  const [latest] = Object.keys(packument.versions).sort((a, b) => compareVersions(b, a));
  packument["dist-tags"].latest = latest;
  packument.time = { created: now, ...packument.time, modified: now, [version]: now };
  writeJson(path, packument);
  console.log(`published ${name}@${version} to ${target}\n${integrity}`);
});
