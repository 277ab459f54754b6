import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "@nofx/db/local-stack/ports";

export const PORTKEY_VERSION = "1.15.2";

/** Portkey's gateway as it comes from npm, installed outside of this repository the first time. */
export async function startPortkey(): Promise<{ child: ChildProcess; port: number }> {
  const folder =
    process.env["NOFX_PEERS_INSTALL"] ?? join(tmpdir(), `nofx-bench-portkey-${PORTKEY_VERSION}`);
  const entry = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (!existsSync(entry)) {
    mkdirSync(folder, { recursive: true });
    const what = `@portkey-ai/gateway@${PORTKEY_VERSION}`;
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    execFileSync("npm", ["install", "--prefix", folder, ...flags, what], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const port = await findFreePort(8_787);
  const child = spawn(process.execPath, [entry, `--port=${port}`, "--headless"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "production",
      // it calls no private address unless it is told to
      TRUSTED_CUSTOM_HOSTS: "127.0.0.1,localhost",
    },
    stdio: "ignore",
  });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100) throw new Error("Portkey's gateway did not start within 20 s.");
    await delay(200);
  }
  return { child, port };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/" }, (response) => {
      response.resume();
      resolve(true);
    }).once("error", () => resolve(false));
  });
}
