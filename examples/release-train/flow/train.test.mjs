// Runs backlog.yaml from end to end the way a bare machine would: in a copy inside somebody's
// repository, with an empty home, nothing but node, npm, git and sh on the path, and no network
// where the kernel lets us take it away.
//   node --test flow/train.test.mjs
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const example = join(dirname(fileURLToPath(import.meta.url)), "..");
// The parser that the importer uses; the package itself has no dependencies to take one from.
const { parse } = createRequire(join(example, "../../packages/control/package.json"))("yaml");
const backlog = parse(readFileSync(join(example, "backlog.yaml"), "utf8"));
const items = new Map(backlog.items.map((item) => [item.id, item]));

const FIX = `--- a/src/window.js
+++ b/src/window.js
@@ -16,5 +16,5 @@
   function forget(now) {
     let gone = 0;
-    while (gone < taken.length && taken[gone] + span < now) gone += 1;
+    while (gone < taken.length && taken[gone] + span <= now) gone += 1;
     taken.splice(0, gone);
   }
`;

const top = mkdtempSync(join(tmpdir(), "release-train-"));
const [home, bin, workspace, artifacts] = ["home", "bin", "clone/.nofx/runs/demo", "artifacts"].map(
  (path) => join(top, path),
);
const cut = ["unshare", "-rn"];
const networkIsCut = spawnSync(cut[0], [...cut.slice(1), "true"]).status === 0;

function copyWorkspace(to) {
  const made = new Set(["reports", "dist", "out", "registry", "tmp", ".npm", "fix.patch"]);
  cpSync(example, to, {
    recursive: true,
    filter: (path) => dirname(path) !== example || !made.has(basename(path)),
  });
}

function which(tool) {
  const found = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
  assert.notEqual(found, "", `${tool} is needed`);
  return realpathSync(found);
}

/** Runs one command and resolves with its exit code and output. */
function exec(command, { cwd = workspace, env = {} } = {}) {
  const [file, ...args] = networkIsCut ? [which(cut[0]), ...cut.slice(1), ...command] : command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: {
        PATH: bin,
        HOME: home,
        SOAK_SECONDS: "3",
        ...env,
        http_proxy: "http://127.0.0.1:9",
        https_proxy: "http://127.0.0.1:9",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** What the worker does with a step: inputs in, the command, artifacts out. */
async function runItem(item) {
  const kept = join(artifacts, item.id);
  if (item.kind === "agent") {
    const needed = items.get("reproduce").with.artifacts;
    assert.ok(
      needed.every((path) => existsSync(join(artifacts, "reproduce", path))),
      "the agent sees its files",
    );
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, item.with.input.patch), FIX);
    return;
  }
  for (const { from, artifact, to } of item.with.inputs ?? []) {
    cpSync(join(artifacts, from, artifact), join(workspace, to));
  }
  const { SOAK_SECONDS: _, ...env } = item.with.env ?? {};
  const { code, output } = await exec(item.with.command, { env });
  assert.equal(code, 0, `${item.id} ended with ${code}:\n${output}`);
  for (const pattern of item.with.artifacts) {
    const match = new RegExp(`^${basename(pattern).replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
    const found = readdirSync(join(workspace, dirname(pattern))).filter((name) => match.test(name));
    assert.ok(found.length > 0, `${item.id} left no ${pattern}`);
    for (const name of found)
      cpSync(join(workspace, dirname(pattern), name), join(kept, dirname(pattern), name));
  }
}

const inWorkspace = (...path) => readFileSync(join(workspace, ...path), "utf8");

before(() => {
  for (const folder of [home, bin, artifacts]) mkdirSync(folder, { recursive: true });
  symlinkSync(process.execPath, join(bin, "node"));
  for (const tool of ["npm", "git", "sh"]) symlinkSync(which(tool), join(bin, tool));
  copyWorkspace(workspace);
  const init = spawnSync("git", ["init", "--quiet", join(top, "clone")], { encoding: "utf8" });
  assert.equal(init.status, 0, init.stderr);
});
after(() => rmSync(top, { recursive: true, force: true }));

test("the backlog is a graph of 8 to 12 items with one warning and one approval in it", () => {
  assert.ok(items.size >= 8 && items.size <= 12, `${items.size} items`);
  assert.equal(items.size, backlog.items.length, "ids are unique");
  for (const item of items.values()) {
    assert.match(item.id, /^[a-z0-9-]{1,64}$/);
    assert.ok(item.owner, `${item.id} has an owner`);
    for (const need of item.needs ?? []) assert.ok(items.has(need), `${item.id} needs ${need}`);
    for (const { from } of item.with.inputs ?? []) assert.ok(item.needs.includes(from));
  }
  const irreversible = backlog.items.filter(
    (item) => item.risk?.includes("irreversible") && !item.undo,
  );
  assert.deepEqual(
    irreversible.map((item) => item.id),
    ["publish"],
  );
  assert.deepEqual(
    backlog.items.filter((item) => item.sensitive).map((item) => item.id),
    ["publish"],
  );
});

test("a patch that touches more than the sources is refused", async () => {
  writeFileSync(
    join(workspace, "fix.patch"),
    FIX.replaceAll("src/window.js", "tests/window.test.js"),
  );
  const { code, output } = await exec(["node", "scripts/apply-patch.mjs", "fix.patch"]);
  assert.equal(code, 1);
  assert.match(output, /changes more than src\/: tests\/window\.test\.js/);
});

test("the soak finds the bug without the suite's help", async () => {
  const copy = join(top, "unfixed");
  copyWorkspace(copy);
  rmSync(join(copy, "tests/window.test.js"));
  const { code, output } = await exec(["node", "scripts/soak.mjs"], { cwd: copy });
  assert.equal(code, 1, output);
  assert.match(output, /allowed is false, expected true.*\nrepeat with: .*--seed \d+/);
});

test("every step of the train passes, each as soon as what it needs is done", async (t) => {
  const done = new Map();
  const running = new Set();
  const together = new Set();
  const start = (id) => {
    if (!done.has(id)) {
      const item = items.get(id);
      const needs = Promise.all((item.needs ?? []).map(start));
      done.set(
        id,
        needs.then(async () => {
          for (const other of running) together.add([other, id].sort().join(" + "));
          running.add(id);
          await runItem(item);
          running.delete(id);
        }),
      );
    }
    return done.get(id);
  };
  const results = await Promise.allSettled([...items.keys()].map(start));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  t.diagnostic(`network ${networkIsCut ? "cut" : "not cut: unshare is not allowed here"}`);
  t.diagnostic(`side by side: ${[...together].join(", ")}`);
  for (const pair of ["check + tests", "soak + test-again"]) assert.ok(together.has(pair), pair);
});

test("the failure was there before the fix and is gone after it", async () => {
  assert.match(
    inWorkspace("reports/tests-before.txt"),
    /FAIL {2}a caller that waits exactly[^]*18 passed, 1 failed/,
  );
  assert.match(inWorkspace("reports/tests-after.txt"), /19 passed, 0 failed/);
  const { failures } = JSON.parse(
    readFileSync(join(artifacts, "reproduce/reports/failure.json"), "utf8"),
  );
  assert.equal(failures.length, 1);
  assert.equal(failures[0].suspects[0], "src/window.js");
  const again = await exec(["node", "scripts/reproduce.mjs"]);
  assert.equal(again.code, 1);
  assert.match(again.output, /nothing to reproduce: every test passes/);
});

test("what came out is version 1.4.1, with its changes told", () => {
  const { versions, "dist-tags": tags } = JSON.parse(
    inWorkspace("registry/steady-rate/packument.json"),
  );
  assert.equal(tags.latest, "1.4.1");
  assert.match(versions["1.4.1"].dist.integrity, /^sha512-/);
  assert.match(
    inWorkspace("CHANGELOG.md"),
    /## 1\.4\.1\n\n### Fixed\n\n- A caller[^]*### Documentation[^]*## 1\.4\.0/,
  );
  assert.deepEqual(readdirSync(home), [], "the home stays empty");
});

test("a step that is run again after it was done changes nothing", async () => {
  const [tarball] = readdirSync(join(workspace, "out")).filter((name) => name.endsWith(".tgz"));
  const state = () => [
    inWorkspace("registry/steady-rate/packument.json"),
    inWorkspace("CHANGELOG.md"),
    inWorkspace("package.json"),
    inWorkspace("src/window.js"),
    readFileSync(join(workspace, "out", tarball), "base64"),
  ];
  const beforehand = state();
  for (const id of ["apply", "changelog", "build", "pack", "publish", "verify"])
    await runItem(items.get(id));
  assert.deepEqual(state(), beforehand);
});

test("a published version is never overwritten", async () => {
  writeFileSync(join(workspace, "README.md"), `${inWorkspace("README.md")}\nOne more line.\n`);
  await runItem(items.get("pack"));
  const { code, output } = await exec(items.get("publish").with.command);
  assert.equal(code, 1);
  assert.match(
    output,
    /steady-rate@1\.4\.1 is already published with other content and is never overwritten/,
  );
  await runItem(items.get("verify"));
});
