import { build } from "tsdown";

// One file a function, with all that it needs: what Supabase takes knows nothing of workspaces.

await build({
  entry: { "key-vault": "key-vault/index.ts", "router-select": "router-select/index.ts" },
  cwd: import.meta.dirname,
  outDir: process.argv[2] ?? "dist",
  format: "esm",
  platform: "node",
  target: "es2023",
  dts: false,
  deps: { alwaysBundle: [/./], neverBundle: ["pg-native", /^cloudflare:/] },
  config: false,
  logLevel: "warn",
});
