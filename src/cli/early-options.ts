/**
 * Options that stand before the subcommand which has them: `store --store DIR add`. Commander gives them to the parent; they are
 * taken there, without being shown, and handed to the subcommand, whose own rules judge them.
 */
import { EventEmitter } from 'node:events';
import type { Command } from 'commander';
import { Option } from 'commander';

/** For a command whose subcommands are all there. */
export function takeEarlyOptions(parent: Command): void {
  for (const option of distinctOptions(parent)) parent.addOption(option);
  parent.hook('preSubcommand', (_, subcommand) => {
    for (const [name, value] of Object.entries(parent.opts())) hand(name, value, parent, subcommand);
  });
}

/** One for each name, without its rules. */
function distinctOptions(parent: Command): Option[] {
  const all = parent.commands.flatMap(({ options }) => options);
  const byName = new Map(all.map((option) => [option.attributeName(), option]));
  return [...byName.values()].map(({ flags }) => new Option(flags).hideHelp());
}

function hand(name: string, value: unknown, parent: Command, subcommand: Command): void {
  const given = parent.options.find((option) => option.attributeName() === name);
  const option = subcommand.options.find((each) => each.attributeName() === name);
  if (!option)
    subcommand.error(`error: ${parent.name()} ${subcommand.name()} has no option '${given?.long ?? name}'`);
  // What commander itself does with a word of the command line; its types do not say that a command is an emitter.
  if (subcommand instanceof EventEmitter)
    subcommand.emit(`option:${option.name()}`, option.isBoolean() ? undefined : value);
}
