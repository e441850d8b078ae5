/** Completion for zsh, with what each word means beside it. */
import type { Flag, Place } from "../completion.ts";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** A word and its meaning; a colon in the word would end it. */
const described = (word: string, meaning: string): string =>
  quoted(`${word.replaceAll(":", "\\:")}:${meaning}`);

const takesWord = ({ value }: Flag): boolean => value === "some" || value === "file";

/** The script, for a file called _tintype in a folder of fpath. */
export function zsh(places: readonly Place[]): string {
  const known = places.filter(({ words }) => words !== "").map(({ words }) => quoted(words));
  const withValue = places.flatMap(({ words, flags }) =>
    flags.filter(takesWord).flatMap(({ names }) => names.map((name) => quoted(`${words}:${name}`))),
  );
  const values = places.flatMap(({ words, flags }) =>
    flags.filter(takesWord).map(({ names, value, choices }) => {
      const patterns = names.map((name) => quoted(`${words}:${name}`)).join("|");
      if (value === "file") return `    ${patterns}) _files; return ;;`;
      return choices.length === 0
        ? `    ${patterns}) return ;;`
        : `    ${patterns}) compadd -- ${choices.map(quoted).join(" ")}; return ;;`;
    }),
  );
  const flags = places.map(
    ({ words, flags: list }) =>
      `      ${quoted(words)}) list=(${list
        .flatMap((flag) => flag.names.map((name) => described(name, flag.description)))
        .join(" ")}) ;;`,
  );
  const rest = places.map(({ words, commands, files, choices }) => {
    const list = [
      ...commands.map(({ name, description }) => described(name, description)),
      ...choices.map((choice) => quoted(choice)),
    ];
    if (list.length > 0) return `      ${quoted(words)}) list=(${list.join(" ")}) ;;`;
    return `      ${quoted(words)}) ${files ? "_files; " : ""}return ;;`;
  });
  return `#compdef tintype
# Completion of tintype for zsh: tintype completion zsh > "\${fpath[1]}/_tintype"
_tintype() {
  local at="" word i
  local -a list
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$at:$word" in
      ${withValue.join("|")}) ((i++)); continue ;;
    esac
    case "\${at:+$at }$word" in
      ${known.join("|")}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at:\${words[CURRENT - 1]}" in
${values.join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    case "$at" in
${flags.join("\n")}
    esac
    _describe 'option' list
  else
    case "$at" in
${rest.join("\n")}
    esac
    _describe 'command' list
  fi
}
if [[ $funcstack[1] == _tintype ]]; then
  _tintype "$@"
else
  compdef _tintype tintype
fi`;
}
