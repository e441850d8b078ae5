/** Lines of a table for spreadsheets, in which what other people named things may stand. */

/**
 * Where a spreadsheet would begin a formula: at the beginning of a cell or of what another language's separator makes one
 * (inside of quotes too: to that reader they are in the middle), after what is skipped there. Full width counts as well.
 */
const formula = /(^|[,;|\t\r\n])(["\s\p{Cc}\p{Cf}]*)(?=[=+\-@＝＋－＠])/gu;

/** One line without its end, by RFC 4180. No cell is a formula: an apostrophe stands before what would be one. */
export const csvLine = (cells: readonly string[]): string =>
  cells
    .map((cell) => cell.replace(formula, "$1$2'").replace(/^(?=[\t\r\n])/, "'"))
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
