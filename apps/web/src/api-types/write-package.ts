import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { openApiDocument } from "../server/rest/openapi.ts";
import { appRouter } from "../server/root.ts";
import { declareRouter } from "./declare-router.ts";

const TRPC = "^11.22.1";

/** The package that internal tools install, `npm pack` of which is a file: declarations for tRPC, a document for REST. */
export async function writePackage(folder: string): Promise<void> {
  const { name, version } = manifest;
  const contents = {
    "api-types.d.ts": declareRouter(appRouter._def.procedures),
    "openapi.json": `${JSON.stringify(openApiDocument())}\n`,
    "package.json": `${JSON.stringify(packageOf(name, version), null, 2)}\n`,
  };
  for (const [file, text] of Object.entries(contents)) await writeFile(join(folder, file), text);
}

function packageOf(name: string, version: string) {
  return {
    name,
    version,
    description:
      "Types of the control plane's API: a tRPC router and an OpenAPI document. No code.",
    license: "Apache-2.0",
    type: "module",
    exports: {
      "./api-types": { types: "./api-types.d.ts" },
      "./openapi.json": "./openapi.json",
    },
    files: ["api-types.d.ts", "openapi.json"],
    peerDependencies: { "@trpc/server": TRPC },
  };
}
