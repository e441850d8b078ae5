/** Completion for bash 4 and later. */
import type { Place } from "../completion.ts";

const quoted = (text: string): string => `"${text.replace(/["\\$`]/g, "\\$&")}"`;
const words = (list: readonly string[]): string => quoted(list.join(" "));

/** The script, to be sourced. */
export function bash(places: readonly Place[]): string {
  const known = places.filter(({ words: at }) => at !== "").map(({ words: at }) => quoted(at));
  const withValue = places.flatMap(({ words: at, flags }) =>
    flags
      .filter(({ value }) => value === "some" || value === "file")
      .flatMap(({ names }) => names.map((name) => quoted(`${at}:${name}`))),
  );
  const values = places.flatMap(({ words: at, flags }) =>
    flags
      .filter(({ value }) => value === "some" || value === "file")
      .map(({ names, value, choices }) => {
        const patterns = names.map((name) => quoted(`${at}:${name}`)).join("|");
        if (value === "file") return `    ${patterns}) compopt -o default; return ;;`;
        const answer = choices.length === 0 ? "" : ` COMPREPLY=($(compgen -W ${words(choices)} -- "$cur"));`;
        return `    ${patterns})${answer} return ;;`;
      }),
  );
  const flags = places.map(
    ({ words: at, flags: list }) => `    ${quoted(at)}) list=${words(list.flatMap(({ names }) => names))} ;;`,
  );
  const rest = places.map(({ words: at, commands, files, choices }) => {
    const list = [...commands.map(({ name }) => name), ...choices];
    if (list.length > 0) return `    ${quoted(at)}) list=${words(list)} ;;`;
    return `    ${quoted(at)}) ${files ? "compopt -o default; " : ""}return ;;`;
  });
  return `# Completion of tintype for bash: source <(tintype completion bash)
_tintype() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" at="" list="" word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at:$word" in
      ${withValue.join("|")}) ((i++)); continue ;;
    esac
    case "\${at:+$at }$word" in
      ${known.join("|")}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at:$prev" in
${values.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case "$at" in
${flags.map((line) => `  ${line}`).join("\n")}
    esac
  else
    case "$at" in
${rest.map((line) => `  ${line}`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$list" -- "$cur"))
}
complete -F _tintype tintype`;
}
