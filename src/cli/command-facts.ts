/** What commander knows of the commands, as the man page and the completions of shells need it. */
import type { Argument, Command, Option } from 'commander';

/** What a shell can offer for a value; a list where no other words are right. */
export type Offer = 'files' | 'folders' | 'programs' | 'system' | 'systems' | 'nothing' | readonly string[];

export interface OptionFacts {
  /** As a person types them: `-o`, `--output`. */
  readonly names: readonly string[];
  /** As in the help: `-o, --output <file>`. */
  readonly usage: string;
  /** With default and choices. */
  readonly description: string;
  /** Absent: it takes no value. */
  readonly value?: Offer;
}

export interface ArgumentFacts {
  /** As in the help: `[args...]`. */
  readonly usage: string;
  readonly description: string;
  readonly offer: Offer;
  readonly isVariadic: boolean;
}

export interface CommandFacts {
  /** The words that lead to it; none for the tool itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly arguments: readonly ArgumentFacts[];
  readonly commands: readonly CommandFacts[];
  /** All that follows the first argument belongs to the program that it names. */
  readonly passesOn: boolean;
}

/** The tool itself, with all its commands. */
export function toolFacts(program: Command): CommandFacts {
  return commandFacts(program, [], []);
}

/** `beside`: names of the commands among which it stands, itself among them. */
function commandFacts(command: Command, path: readonly string[], beside: readonly string[]): CommandFacts {
  const help = command.createHelp();
  // Commander adds `help` to each group of commands; the tool's own is enough.
  const shown = path.length === 0 ? help.visibleCommands(command) : command.commands;
  const names = shown.map((each) => each.name());
  const values = command.registeredArguments.map((each) => argumentFacts(each, beside));
  return {
    path,
    summary: command.summary(),
    description: command.description(),
    options: help
      .visibleOptions(command)
      .map((option) => optionFacts(option, help.optionDescription(option))),
    arguments: values,
    commands: shown.map((each) => commandFacts(each, [...path, each.name()], names)),
    passesOn: values.length > 1 && values.at(-1)?.isVariadic === true,
  };
}

/** A command and all below it, in their order. */
export function allCommands(facts: CommandFacts): readonly CommandFacts[] {
  return [facts, ...facts.commands.flatMap(allCommands)];
}

function optionFacts(option: Option, description: string): OptionFacts {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const takesValue = option.required || option.optional;
  return {
    names,
    usage: option.flags,
    // Commander also names a default that is nothing at all.
    description: description.replace(/ \(default: \[\]\)$/, ''),
    ...(takesValue && { value: option.argChoices ?? offerOf(option.attributeName(), option.flags) }),
  };
}

function argumentFacts(argument: Argument, commands: readonly string[]): ArgumentFacts {
  const name = argument.name();
  const usage = argument.variadic ? `${name}...` : name;
  return {
    usage: argument.required ? `<${usage}>` : `[${usage}]`,
    description: argument.description,
    offer: argument.argChoices ?? (name === 'command' ? commands : offerOf(name, `<${name}>`)),
    isVariadic: argument.variadic,
  };
}

/** By the names that all commands give to what they take. */
function offerOf(name: string, usage: string): Offer {
  if (name === 'system' || name === 'systems') return name;
  if (usage.includes('<file>')) return 'files';
  if (usage.includes('<dir>') || usage.includes('<folder>')) return 'folders';
  return usage.includes('<program>') ? 'programs' : 'nothing';
}
