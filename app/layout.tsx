import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { settings } from "#lib/env.ts";
import { directionOf, locale } from "#lib/locale.ts";
import { publicFile } from "#lib/static/url.ts";
import { words } from "#lib/words.ts";
import { currentViewer } from "./_session/viewer.ts";
import { SiteHeader } from "./_ui/site-header.tsx";
import "./globals.css";

const w = words("shared");

export async function generateMetadata(): Promise<Metadata> {
  await connection();
  return {
    metadataBase: new URL(settings().appUrl),
    title: { default: w("name"), template: `%s · ${w("name")}` },
    description: w("tagline"),
    applicationName: w("name"),
    icons: { icon: { url: publicFile("/icon.svg"), type: "image/svg+xml", sizes: "any" } },
    // Read by lib/locale.ts.
    other: { language: locale() },
    // A telephone would turn exposure times and dates into links.
    formatDetection: { telephone: false, date: false, address: false, email: false },
    referrer: "same-origin",
  };
}

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fafaf9" },
    { media: "(prefers-color-scheme: dark)", color: "#121212" },
  ],
};

/** Visitors of a share come by its link alone: who they are signed in as, or what else is here, is not on its pages. */
async function Header() {
  const path = (await headers()).get("x-tintype-path") ?? "/";
  if (/^\/(s|guest)\//.test(path)) return null;
  return <SiteHeader viewer={await currentViewer()} />;
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const tag = locale();
  return (
    <html lang={tag} dir={directionOf(tag)}>
      <body>
        <a
          href="#main"
          className="sr-only z-30 rounded-md bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        >
          {w("skip")}
        </a>
        <Header />
        {children}
      </body>
    </html>
  );
}
