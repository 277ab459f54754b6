import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createProject } from "./project.ts";
import { manyTasks } from "./type-budget.ts";

// `npm run types:budget -- 300`: what the compilers say of a project of so many tasks. docs/sdk/package.md tells the figures.

const count = Number(process.argv[2] ?? 300);
const compilers = { "TypeScript 7": "typescript7/bin/tsc", "TypeScript 6": "typescript/bin/tsc6" };
const modules = join(import.meta.dirname, "../../../../node_modules");

await using project = await createProject();
await project.typeCheck(manyTasks(count));
for (const [name, folder] of Object.entries(compilers)) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(modules, folder), "-p", ".", "--extendedDiagnostics"],
    { cwd: project.folder },
  );
  const lines = stdout
    .split("\n")
    .filter((line) => /^(Instantiations|Memory used|Total time)/.test(line));
  console.log(`${name}, ${count} tasks\n${lines.join("\n")}`);
}
