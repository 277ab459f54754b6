export { createUpload } from "./create-upload.ts";
export { editBacklog } from "./edit.ts";
export { importBacklog } from "./import.ts";
export { listBacklog, listPacks, selectBacklog } from "./list.ts";
export { moveBacklogItem } from "./move.ts";
export { previewBacklog } from "./preview.ts";
export { readDocument } from "./read-document.ts";
