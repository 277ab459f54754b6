export { again, createTestPlane, type TestPlane, type TestTenant } from "./test-plane.ts";
