import { expect, it } from "vitest";
import { wantedPorts } from "./ports.ts";

it("takes the usual ports unless the environment names others", () => {
  expect(wantedPorts({ NOFX_WEB_PORT: "" })).toEqual({
    web: 3000,
    gateway: 54_321,
    postgres: 54_322,
    agents: 8790,
  });
  expect(wantedPorts({ NOFX_WEB_PORT: "4000", NOFX_GATEWAY_PORT: "5000" })).toMatchObject({
    web: 4000,
    agents: 5000,
  });
});

it.each(["abc", "0", "65536", "80.5"])("says what a port is to who gives %s", (port) => {
  expect(() => wantedPorts({ NOFX_POSTGRES_PORT: port })).toThrow(
    `NOFX_POSTGRES_PORT is "${port}"`,
  );
});
