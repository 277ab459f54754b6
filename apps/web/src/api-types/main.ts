import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writePackage } from "./write-package.ts";

const folder = join(import.meta.dirname, "../../dist/api-types");
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await writePackage(folder);
console.log(folder);
