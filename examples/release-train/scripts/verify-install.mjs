// Does what the first user will do: takes the latest version from the folder registry, checks its
// digest, installs it without a network into an empty project, and uses it, the fixed behaviour
// included.
//   node scripts/verify-install.mjs --registry <folder>
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { npm } from "./lib/npm.mjs";
import { digestsOf } from "./lib/tarball.mjs";
import { at, main, option, readManifest, Refusal, root, writeWhole } from "./lib/workspace.mjs";

const consumer = (name, version) => `import assert from "node:assert/strict";
import * as installed from "${name}";

assert.deepEqual(Object.keys(installed).sort(), ["backoff", "createWindow", "formatDuration", "parseDuration", "version"]);
assert.equal(installed.version, "${version}");
assert.equal(installed.formatDuration(installed.parseDuration("1m30s")), "1m 30s");

const window = installed.createWindow({ limit: 1, per: "1s" });
assert.equal(window.take(0).allowed, true);
const refused = window.take(400);
assert.deepEqual(refused, { allowed: false, remaining: 0, retryAfter: 600 });
assert.equal(window.take(400 + refused.retryAfter).allowed, true, "a caller that waits exactly as told is still refused");
console.log("a caller that waits exactly as told is let through");
`;

await main("verify-install", () => {
  const target = option("registry") ?? process.env.RELEASE_REGISTRY;
  if (target === undefined)
    throw new Refusal("say where to install from: --registry <folder> or RELEASE_REGISTRY");
  const { name, version: expected } = readManifest();
  const folder = join(resolve(root, target), name);
  if (!existsSync(join(folder, "packument.json")))
    throw new Refusal(`${name} was never published to ${target}`);
  const packument = JSON.parse(readFileSync(join(folder, "packument.json"), "utf8"));
  const version = packument["dist-tags"].latest;
  if (version !== expected)
    throw new Refusal(`the latest ${name} in ${target} is ${version}, expected ${expected}`);

  const { dist } = packument.versions[version];
  const tarball = join(folder, dist.tarball);
  const { integrity } = digestsOf(readFileSync(tarball));
  if (integrity !== dist.integrity)
    throw new Refusal(
      `${dist.tarball} has the digest ${integrity}, the registry states ${dist.integrity}`,
    );

  mkdirSync(at("tmp"), { recursive: true });
  const project = mkdtempSync(at("tmp", "install-"));
  try {
    writeFileSync(
      join(project, "package.json"),
      `${JSON.stringify({ name: "first-user", private: true, type: "module" })}\n`,
    );
    writeFileSync(join(project, "use.js"), consumer(name, version));
    npm(
      [
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        relative(project, tarball),
      ],
      { cwd: project },
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, ["use.js"], {
      cwd: project,
      encoding: "utf8",
    });
    if (status !== 0) throw new Refusal(`the installed package does not work:\n${stderr}`);
    const text = `installed ${name}@${version} from ${target}\ndigest matches the registry\n${stdout.trim()}`;
    writeWhole(at("reports", "verify.txt"), `${text}\n`);
    console.log(text);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
});
