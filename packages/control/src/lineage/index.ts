export { getArtifactLineage, getItemLineage } from "./get.ts";
