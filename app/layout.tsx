import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { settings } from "#lib/env.ts";
import { directionOf, languageCookie, locale } from "#lib/locale.ts";
import { isNewHere, themeFor } from "#lib/preferences.ts";
import { publicFile } from "#lib/static/url.ts";
import { pageColours, type Theme, themeCookie } from "#lib/theme.ts";
import { words } from "#lib/words.ts";
import { ownLanguagePath } from "./_session/next-path.ts";
import { currentViewer } from "./_session/viewer.ts";
import { SiteFooter } from "./_ui/site-footer.tsx";
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
    icons: {
      icon: { url: publicFile("/icon.svg"), type: "image/svg+xml", sizes: "any" },
      apple: publicFile("/icon-180.png"),
    },
    manifest: "/manifest.webmanifest",
    ...((await isShare()) ? {} : { alternates: { types: feeds } }),
    // Read by lib/locale.ts.
    other: { language: locale() },
    // A telephone would turn exposure times and dates into links.
    formatDetection: { telephone: false, date: false, address: false, email: false },
    referrer: "same-origin",
  };
}

const feeds = { "application/rss+xml": "/feed.xml", "application/feed+json": "/feed.json" };

/** Known before anything is painted; on the pages of a share as this browser has it, whoever is signed in. */
async function chosenTheme(): Promise<Theme> {
  const viewer = (await isShare()) ? undefined : await currentViewer();
  return themeFor(viewer, (await cookies()).get(themeCookie)?.value);
}

export async function generateViewport(): Promise<Viewport> {
  const theme = await chosenTheme();
  return {
    width: "device-width",
    initialScale: 1,
    viewportFit: "cover",
    colorScheme: theme === "system" ? "light dark" : theme,
    themeColor:
      theme === "system"
        ? [
            { media: "(prefers-color-scheme: light)", color: pageColours.light },
            { media: "(prefers-color-scheme: dark)", color: pageColours.dark },
          ]
        : pageColours[theme],
  };
}

/** Visitors of a share come by its link alone: who they are signed in as, or what else is here, is not on its pages. */
const isShare = async (): Promise<boolean> =>
  /^\/(s|guest)\//.test((await headers()).get("x-tintype-path") ?? "/");

/** Signed in with a browser that knows nothing of the language they chose in another: the page comes again, in that. */
async function followLanguage(): Promise<void> {
  if (await isShare()) return;
  const chosen = (await cookies()).get(languageCookie)?.value;
  if (isNewHere(await currentViewer(), { chosen, locale: locale() }))
    redirect(ownLanguagePath((await headers()).get("x-tintype-path") ?? "/"));
}

const Header = async () => ((await isShare()) ? null : <SiteHeader viewer={await currentViewer()} />);
const Footer = async () => <SiteFooter feed={!(await isShare())} />;

export default async function RootLayout({ children }: { children: ReactNode }) {
  await followLanguage();
  const [tag, theme] = [locale(), await chosenTheme()];
  return (
    <html lang={tag} dir={directionOf(tag)} data-theme={theme === "system" ? undefined : theme}>
      <body>
        <a
          href="#main"
          className="sr-only z-30 rounded-md bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:start-2"
        >
          {w("skip")}
        </a>
        <Header />
        {children}
        <Footer />
      </body>
    </html>
  );
}
