import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  // Or the document of a running control plane: http://127.0.0.1:3000/api/openapi.json
  input: "node_modules/@nofx/web/openapi.json",
  output: { path: "src/nofx", module: { extension: ".ts" } },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
});
