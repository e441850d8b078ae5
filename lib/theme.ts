/** Dark or light: what was chosen, or what the system says. Safe in the browser. */
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** The cookie that holds a chosen theme; without it the system decides. */
export const themeCookie = "tintype-theme";

const isTheme = (text: string): text is Theme => themes.some((theme) => theme === text);
/** What a cookie or a form says, as a theme; anything else is the system's. */
export const themeOf = (text: string | undefined): Theme =>
  text !== undefined && isTheme(text) ? text : "system";

/** The colour of the page in each, for what the system paints around it. As in app/globals.css. */
export const pageColours = { light: "#fafaf9", dark: "#121212" } as const;
