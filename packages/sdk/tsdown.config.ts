import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", testing: "src/testing/index.ts" },
  format: "esm",
  platform: "node",
  target: "node20",
  fixedExtension: false,
  clean: true,
  // core is private and inlined, its declarations too: they are roots of this configuration, so that one program
  // emits them all. zod stays a dependency.
  tsconfig: "tsconfig.build.json",
  dts: { eager: true },
});
