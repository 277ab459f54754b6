export { askModel, type ModelAnswer, type ModelErrorCode } from "./ask-model.ts";
export { listModels } from "./list-models.ts";
export {
  CompatibleProviders,
  createModelRegistry,
  type CompatibleProvider,
  type ModelRegistry,
} from "./registry.ts";
