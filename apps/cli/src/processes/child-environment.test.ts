import { expect, it } from "vitest";
import { childEnvironment } from "./child-environment.ts";

it("passes on what is harmless and no secret of ours", () => {
  const ours = {
    PATH: "/bin",
    HOME: "/home/me",
    LC_ALL: "C.UTF-8",
    AWS_SECRET_ACCESS_KEY: "x",
    SUPABASE_SERVICE_ROLE_KEY: "x",
    DATABASE_URL: "x",
    npm_config_registry: "x",
    TZ: undefined,
  };
  expect(childEnvironment(ours, { NOFX_URL: "u", PATH: "/own" })).toEqual({
    PATH: "/own",
    HOME: "/home/me",
    LC_ALL: "C.UTF-8",
    NOFX_URL: "u",
  });
});
