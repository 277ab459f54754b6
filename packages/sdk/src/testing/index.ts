export {
  createTestPlane,
  type TestAgent,
  type TestPlane,
  type TestPlaneOptions,
  type TestRun,
} from "./create-test-plane.ts";
