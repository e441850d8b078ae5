import type { Metadata } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { currentViewer } from "#app/_session/viewer.ts";
import { Button } from "#app/_ui/button.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { languageCookie, languages } from "#lib/locale.ts";
import { themeFor } from "#lib/preferences.ts";
import { themeCookie, themes } from "#lib/theme.ts";
import { words } from "#lib/words.ts";

const w = words("site");

export const generateMetadata = (): Metadata => ({ title: w("preferences"), robots: { index: false } });

/** Everybody finds their own language by its own name. */
const languageNames = { en: "English", ko: "한국어" } as const;

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** Plain forms that load the page anew: the language of everything on it changes. */
export default async function Preferences({ searchParams }: Props) {
  const jar = await cookies();
  const language = jar.get(languageCookie)?.value ?? "";
  const theme = themeFor(await currentViewer(), jar.get(themeCookie)?.value);
  const { saved } = await searchParams;
  return (
    <Page width="narrow">
      <PageHeader title={w("preferences")} lead={w("preferencesLead")} />
      <form method="post" action="/preferences/save" className="grid gap-6">
        <input type="hidden" name="languageBefore" value={language} />
        <input type="hidden" name="themeBefore" value={theme} />
        {saved === undefined ? null : <Notice tone="good">{w("saved")}</Notice>}
        <Choices legend={w("language")}>
          <Choice name="language" value="" checked={language === ""}>
            {w("languageAuto")}
          </Choice>
          {languages.map((each) => (
            <Choice key={each} name="language" value={each} checked={language === each}>
              <span lang={each}>{languageNames[each]}</span>
            </Choice>
          ))}
        </Choices>
        <Choices legend={w("theme")}>
          {themes.map((each) => (
            <Choice key={each} name="theme" value={each} checked={theme === each}>
              {w(each)}
            </Choice>
          ))}
        </Choices>
        <div>
          <Button type="submit" variant="primary">
            {w("save")}
          </Button>
        </div>
      </form>
    </Page>
  );
}

function Choices({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="rounded-lg border border-line bg-surface">
      <legend className="ms-3 px-1 text-sm font-semibold">{legend}</legend>
      <div className="divide-y divide-line">{children}</div>
    </fieldset>
  );
}

function Choice({
  name,
  value,
  checked,
  children,
}: {
  name: string;
  value: string;
  checked: boolean;
  children: ReactNode;
}) {
  return (
    <label className="flex min-h-12 cursor-pointer items-center gap-3 px-4">
      <input type="radio" name={name} value={value} defaultChecked={checked} className="size-4.5" />
      {children}
    </label>
  );
}
