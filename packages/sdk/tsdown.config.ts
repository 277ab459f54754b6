import { defineConfig } from "tsdown";
// the native compiler writes declarations in a fraction of the time
import getExePath from "../../node_modules/typescript7/lib/getExePath.js";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    testing: "src/testing/index.ts",
    lint: "src/lint/index.ts",
    "adapters/ai": "src/adapters/ai/index.ts",
    "adapters/mcp": "src/adapters/mcp/index.ts",
    "adapters/openai": "src/adapters/openai/index.ts",
    "adapters/shell": "src/adapters/shell/index.ts",
  },
  format: "esm",
  platform: "node",
  target: "node20",
  fixedExtension: false,
  clean: true,
  // core is private and inlined, its declarations too: they are roots of this configuration, so that one program
  // emits them all. zod stays a dependency.
  tsconfig: "../tsconfig.sdk.json",
  dts: { tsgo: { path: getExePath() } },
});
