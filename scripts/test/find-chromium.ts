import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runProcess } from "../lib/processes.ts";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const places = [
  "/usr/bin",
  "/usr/local/bin",
  "/snap/bin",
  "/opt/google/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS",
];
const system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function lookUp(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...places];
  return folders
    .flatMap((folder) => [...names, "Google Chrome"].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** The Chromium that Playwright itself downloaded for this user, if it did. */
async function bundled(): Promise<string | undefined> {
  const { chromium } = await import("@playwright/test");
  const path = chromium.executablePath();
  return existsSync(path) ? path : undefined;
}

/** Debian and Ubuntu images that run as root can get it; elsewhere that is the owner's decision. */
async function installByApt(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  const env = { DEBIAN_FRONTEND: "noninteractive", PATH: system };
  const options = ["-o", "DPkg::Lock::Timeout=300", "-q"];
  await runProcess("/usr/bin/apt-get", [...options, "update"], { env });
  await runProcess(
    "/usr/bin/apt-get",
    [...options, "install", "-y", "--no-install-recommends", "chromium"],
    { env },
  );
  return lookUp();
}

/** Where a Chromium for the browser tests is: named by PLAYWRIGHT_CHROMIUM, found, or installed. Undefined when there is none. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env["PLAYWRIGHT_CHROMIUM"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : undefined;
  return lookUp() ?? (await bundled()) ?? installByApt();
}
