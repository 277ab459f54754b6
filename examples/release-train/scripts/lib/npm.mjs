import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { at, Refusal } from "./workspace.mjs";

/**
 * Runs npm with its cache, settings and home inside the workspace and the network off: the result
 * depends on neither the machine's npm settings nor on what it happens to have cached.
 */
export function npm(args, { cwd }) {
  const home = at(".npm", "home");
  mkdirSync(home, { recursive: true });
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const { error, status, stdout, stderr } = spawnSync("npm", args, {
    cwd,
    encoding: "utf8",
    env: {
      ...Object.fromEntries(kept),
      HOME: home,
      npm_config_cache: at(".npm", "cache"),
      npm_config_userconfig: at(".npm", "user.npmrc"),
      npm_config_globalconfig: at(".npm", "global.npmrc"),
      npm_config_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
      npm_config_color: "false",
    },
  });
  if (error?.code === "ENOENT") throw new Refusal("npm is not on the path");
  if (error) throw error;
  if (status !== 0)
    throw new Refusal(`npm ${args.join(" ")} ended with ${status}\n${stderr}${stdout}`);
  return stdout;
}
