/** The texts of one part; client files import it alone. Safe in the browser. */
import english from "./en/kinds.json" with { type: "json" };
import korean from "./ko/kinds.json" with { type: "json" };
import { translator } from "./translator.ts";

export const w = translator(english, { ko: korean });
