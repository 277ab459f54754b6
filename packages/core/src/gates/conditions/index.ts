export { sceneOf, type Scene } from "./scene.ts";
export {
  CONDITION_TYPES,
  CONDITION_VARIABLES,
  MAX_LISTED_STEPS,
  type Variable,
} from "./variables.ts";
