export { createUpload } from "./create-upload.ts";
export { importBacklog } from "./import.ts";
export { listBacklog, listPacks } from "./list.ts";
