// Builds dist/ from src/: comments out, version in, types along, a list of what was made. The same
// sources always give the same bytes. The result is loaded and compared with the sources before it
// takes the place of an older one.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { at, listFiles, main, readManifest, Refusal } from "./lib/workspace.mjs";

/** Drops comments that stand on lines of their own, and empty lines; touches nothing inside a line of code. */
function compact(source) {
  return source.replace(/^[ \t]*\/\*\*[^]*?\*\/[ \t]*\n|^[ \t]*\/\/.*\n|^[ \t]*\n/gm, "");
}

/** Puts the released version where the sources say that they are sources. */
function stamp(file, source, version) {
  if (file !== "version.js") return source;
  const stamped = source.replace('"0.0.0-source"', JSON.stringify(version));
  if (stamped === source) throw new Refusal("src/version.js has no place for the version");
  return stamped;
}

await main("build", async () => {
  const { name, version } = readManifest();
  const staging = at("tmp", `dist-${process.pid}`);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });

  const made = {};
  for (const path of listFiles("src")) {
    const file = basename(path);
    const source = readFileSync(at(path), "utf8");
    const output = file.endsWith(".js")
      ? `/*! ${name} ${version} */\n${compact(stamp(file, source, version))}`
      : source;
    writeFileSync(join(staging, file), output);
    made[file] = {
      bytes: Buffer.byteLength(output),
      sha256: createHash("sha256").update(output).digest("hex"),
    };
    console.log(
      `${path.padEnd(18)} ${String(source.length).padStart(5)} -> ${String(output.length).padStart(5)} characters`,
    );
  }
  writeFileSync(
    join(staging, "build.json"),
    `${JSON.stringify({ name, version, files: made }, null, 2)}\n`,
  );

  const [built, source] = await Promise.all(
    [join(staging, "index.js"), at("src", "index.js")].map(
      (path) => import(pathToFileURL(path).href),
    ),
  );
  if (!isDeepStrictEqual(Object.keys(built), Object.keys(source))) {
    throw new Refusal(`dist exports ${Object.keys(built)}, src exports ${Object.keys(source)}`);
  }
  if (built.version !== version)
    throw new Refusal(`dist says it is ${built.version}, package.json says ${version}`);

  rmSync(at("dist"), { recursive: true, force: true });
  renameSync(staging, at("dist"));
  console.log(`built ${name} ${version}: ${Object.keys(made).length} files in dist/`);
});
