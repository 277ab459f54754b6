import { join } from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  transpilePackages: ["@nofx/control", "@nofx/core", "@nofx/db", "@nofx/ui"],
  // One dependency tree for the whole workspace: without it the bundler guesses the root from lockfiles it finds.
  turbopack: { root: join(import.meta.dirname, "../..") },
  outputFileTracingRoot: join(import.meta.dirname, "../.."),
  // Types are checked by `npm run verify` and `npm test`; a newcomer's first start does not wait for that.
  typescript: { ignoreBuildErrors: process.env["NOFX_SKIP_TYPES"] === "1" },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  async headers() {
    return [
      {
        source: "/:path*",
        headers: [
          { key: "x-content-type-options", value: "nosniff" },
          { key: "x-frame-options", value: "DENY" },
          { key: "referrer-policy", value: "same-origin" },
        ],
      },
    ];
  },
};

export default config;
