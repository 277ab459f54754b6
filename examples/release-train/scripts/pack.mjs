// Makes the tarball with `npm pack`, without a network and without the machine's npm settings or
// cache, and judges what is in it.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { npm } from "./lib/npm.mjs";
import { digestsOf, readTarball } from "./lib/tarball.mjs";
import { at, listFiles, main, readManifest, Refusal, root, writeJson } from "./lib/workspace.mjs";

const BELONGS = /^(dist\/[\w.-]+|package\.json|README\.md|CHANGELOG\.md)$/;

await main("pack", () => {
  const { name, version } = readManifest();
  rmSync(at("out"), { recursive: true, force: true });
  mkdirSync(at("out"), { recursive: true });
  npm(["pack", "--ignore-scripts", "--pack-destination", at("out")], { cwd: root });

  const [file] = listFiles("out", (path) => path.endsWith(".tgz"));
  if (file === undefined) throw new Refusal("npm pack ended well but left no tarball");
  const bytes = readFileSync(at(file));
  const files = readTarball(bytes);

  const foreign = [...files.keys()].filter((path) => !BELONGS.test(path));
  if (foreign.length > 0)
    throw new Refusal(`${file} holds what does not belong there: ${foreign.join(", ")}`);
  for (const path of ["dist/index.js", "dist/index.d.ts", "README.md", "CHANGELOG.md"]) {
    if (!files.has(path)) throw new Refusal(`${file} holds no ${path}`);
  }
  const built = JSON.parse(files.get("dist/build.json")?.toString("utf8") ?? "{}").version;
  if (built !== version)
    throw new Refusal(`dist/ was built for ${built}, package.json says ${version}: build again`);

  for (const [path, content] of files)
    console.log(`${String(content.length).padStart(6)}  ${path}`);
  const digests = digestsOf(bytes);
  writeJson(at("out", "pack.json"), { name, version, file, bytes: bytes.length, ...digests });
  console.log(`\n${file}: ${bytes.length} bytes, ${files.size} files\n${digests.integrity}`);
});
