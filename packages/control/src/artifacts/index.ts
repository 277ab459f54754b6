export { getArtifact } from "./get.ts";
