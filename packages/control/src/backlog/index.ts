export { createUpload } from "./create-upload.ts";
export { importBacklog } from "./import.ts";
export { readDocument } from "./read-document.ts";
export { listBacklog, listPacks } from "./list.ts";
