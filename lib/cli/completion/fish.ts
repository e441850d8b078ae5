/** Completion for fish, with what each word means beside it. */
import type { Flag, Place } from "../completion.ts";

const quoted = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;
const takesWord = ({ value }: Flag): boolean => value === "some" || value === "file";

/** The script, for ~/.config/fish/completions/tintype.fish */
export function fish(places: readonly Place[]): string {
  const known = places.filter(({ words }) => words !== "").map(({ words }) => quoted(words));
  const withValue = places.flatMap(({ words, flags }) =>
    flags.filter(takesWord).flatMap(({ names }) => names.map((name) => quoted(`${words}:${name}`))),
  );
  return `# Completion of tintype for fish: tintype completion fish > ~/.config/fish/completions/tintype.fish
function __tintype_at --argument-names wanted
  set -l at ''
  set -l skip no
  for word in (commandline -opc)[2..]
    if test $skip = yes
      set skip no
      continue
    end
    if contains -- "$at:$word" ${withValue.join(" ")}
      set skip yes
      continue
    end
    set -l next (string trim "$at $word")
    if contains -- "$next" ${known.join(" ")}
      set at $next
    end
  end
  test "$at" = "$wanted"
end
complete -c tintype -f
${places.flatMap(linesOf).join("\n")}`;
}

function linesOf({ words, commands, flags, files, choices }: Place): string[] {
  const begin = `complete -c tintype -n ${quoted(`__tintype_at ${quoted(words)}`)}`;
  return [
    ...commands.map(({ name, description }) => `${begin} -a ${quoted(name)} -d ${quoted(description)}`),
    ...(choices.length === 0 ? [] : [`${begin} -a ${quoted(choices.join(" "))}`]),
    ...(files ? [`${begin} -F`] : []),
    ...flags.map((flag) => `${begin}${flagOf(flag)} -d ${quoted(flag.description)}`),
  ];
}

function flagOf(flag: Flag): string {
  const names = flag.names.map((name) =>
    name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
  );
  const value = {
    none: "",
    maybe: "",
    file: " -r -F",
    some: flag.choices.length === 0 ? " -x" : ` -x -a ${quoted(flag.choices.join(" "))}`,
  };
  return `${names.join("")}${value[flag.value]}`;
}
