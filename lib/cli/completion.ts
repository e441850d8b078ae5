/** `tintype completion bash|zsh|fish`: a script that completes every command and option there is. */
import { Argument, type Command, type Option } from "commander";
import { bash } from "./completion/bash.ts";
import { fish } from "./completion/fish.ts";
import { zsh } from "./completion/zsh.ts";
import { say } from "./output.ts";

export type Flag = {
  /** Such as --force and -f. */
  names: string[];
  description: string;
  /** What the next word is: "maybe" may as well be the next option. */
  value: "none" | "maybe" | "some" | "file";
  choices: readonly string[];
};

/** A command and what may follow it. */
export type Place = {
  /** "storage bucket create"; "" for tintype itself. */
  words: string;
  commands: { name: string; description: string }[];
  flags: Flag[];
  /** Whether its arguments are files of this machine, or one of these words. */
  files: boolean;
  choices: readonly string[];
};

const scripts = { bash, zsh, fish };
const isShell = (name: string): name is keyof typeof scripts => name in scripts;

export function registerCompletion(program: Command): void {
  program
    .command("completion")
    .description("a script for your shell that completes commands and options")
    .addArgument(new Argument("<shell>").choices(Object.keys(scripts)))
    .addHelpText(
      "after",
      `
Examples:
  $ echo 'source <(tintype completion bash)' >> ~/.bashrc
  $ tintype completion zsh > "\${fpath[1]}/_tintype"
  $ tintype completion fish > ~/.config/fish/completions/tintype.fish`,
    )
    .action((shell: string) => {
      if (isShell(shell)) say(scripts[shell](placesOf(program)));
    });
}

/** Every command of a program, the program itself first. */
export function placesOf(program: Command): Place[] {
  const places: Place[] = [];
  const visit = (command: Command, words: string[], above: readonly Option[]): void => {
    // Options of a group are known after its commands as well.
    const options = [...command.options, ...above];
    const help = command.createHelp();
    const commands = help.visibleCommands(command).filter((one) => one.name() !== "help");
    places.push({
      words: words.join(" "),
      commands: commands.map((one) => ({ name: one.name(), description: firstLine(one.description()) })),
      flags: [...options.filter((option) => !option.hidden).map(flagOf), helpFlag],
      files: command.registeredArguments.some((argument) => isFile(argument.name())),
      choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    });
    for (const one of commands) visit(one, [...words, one.name()], options);
  };
  visit(program, [], []);
  return places;
}

const helpFlag: Flag = { names: ["--help", "-h"], description: "help", value: "none", choices: [] };

/** Arguments and values are named for people, and by these names they are files. */
const isFile = (name: string): boolean => /^(source|file|folder|path|dir)$/.test(name);

function flagOf(option: Option): Flag {
  const named = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? "";
  const value = (): Flag["value"] => {
    if (option.optional) return "maybe";
    if (!option.required) return "none";
    return isFile(named) ? "file" : "some";
  };
  return {
    names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
    description: firstLine(option.description),
    value: value(),
    choices: option.argChoices ?? [],
  };
}

const firstLine = (text: string): string => text.split("\n")[0] ?? "";
