import { existsSync, globSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";

export type Runner = "vitest" | "playwright";

export interface Selection {
  /** Everything, or the given files and folders by the runner that runs them. */
  all: boolean;
  vitest: string[];
  playwright: string[];
  /** Only tests whose name matches. */
  name?: string;
}

/** A mistake in the arguments, in words for whoever typed them. */
export class ArgumentError extends Error {}

const vitestFiles = "**/*.test.{ts,tsx}";
const playwrightFiles = "**/*.spec.ts";
const outside = ["**/node_modules/**", "**/.next/**", "**/dist/**"];

const usage =
  "Usage: npm test [-- FILE|FOLDER ... [-t NAME]], for example: npm test -- tests/integration/autoPlanner.cloud.test.ts";

function find(pattern: string, cwd: string): string[] {
  return globSync(pattern, { cwd, exclude: outside });
}

function suggest(root: string, path: string): string {
  const wanted = basename(path).toLowerCase().replace(/\..*$/, "");
  const known = [...find(vitestFiles, root), ...find(playwrightFiles, root)];
  const near = known.filter((file) => basename(file).toLowerCase().includes(wanted)).slice(0, 3);
  return near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;
}

/** Which runner runs a path; a folder may hold tests of both. */
function sort(root: string, path: string): Pick<Selection, Runner> {
  const absolute = resolve(root, path);
  const file = relative(root, absolute);
  if (file.startsWith("..") || !existsSync(absolute)) {
    throw new ArgumentError(`There is no test file or folder ${path}.${suggest(root, path)}`);
  }
  if (statSync(absolute).isDirectory()) {
    const vitest = find(vitestFiles, absolute).length > 0 ? [`${file}/`] : [];
    const playwright = find(playwrightFiles, absolute).length > 0 ? [`${file}/`] : [];
    if (vitest.length + playwright.length === 0)
      throw new ArgumentError(`The folder ${path} holds no tests.`);
    return { vitest, playwright };
  }
  if (/\.test\.tsx?$/.test(file)) return { vitest: [file], playwright: [] };
  if (file.endsWith(".spec.ts")) return { vitest: [], playwright: [file] };
  throw new ArgumentError(
    `${path} is not a test: tests end in .test.ts, browser tests in .spec.ts.`,
  );
}

/** Reads what stands behind `npm test --`. A leading --runInBand is accepted and ignored, as older documents write it. */
export function readArguments(root: string, args: readonly string[]): Selection {
  const selection: Selection = { all: true, vitest: [], playwright: [] };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--runInBand" || arg === "-i" || arg === "--") continue;
    if (arg === "-t" || arg === "--testNamePattern") {
      const name = rest.shift();
      if (name === undefined) throw new ArgumentError(`${arg} wants a name. ${usage}`);
      selection.name = name;
    } else if (arg.startsWith("-")) {
      throw new ArgumentError(`Unknown option ${arg}. ${usage}`);
    } else {
      const { vitest, playwright } = sort(root, arg);
      selection.vitest.push(...vitest);
      selection.playwright.push(...playwright);
      selection.all = false;
    }
  }
  return selection;
}

/** The browser tests there are, for the runner to know whether it has anything to do. */
export function findBrowserTests(root: string): string[] {
  return find(playwrightFiles, join(root, "tests/browser"));
}
