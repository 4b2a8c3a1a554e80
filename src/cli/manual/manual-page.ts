/** The manual page: what commander knows of the commands, what the systems state of themselves, and what is said here. */
import type { System } from '../../systems/system.ts';
import type { ArgumentFacts, CommandFacts, OptionFacts } from '../command-facts.ts';
import { allCommands } from '../command-facts.ts';
import { about, environment, exitStatus, files, seeAlso } from './manual-text.ts';
import { bold, entry, italic, plain, prose, section, subsection } from './roff.ts';

export interface ManualSubject {
  readonly root: CommandFacts;
  readonly systems: readonly System[];
  readonly version: string;
}

/** Of section 1, in the macros of man(7). */
export function manualPage({ root, systems, version }: ManualSubject): string {
  const commands = allCommands(root).filter((each) => each !== root && each.commands.length === 0);
  return [
    '.\\" Written by `npm run man` from the commands themselves.\n',
    `.TH LINKONCE 1 "" "linkonce ${version}" "User Commands"\n`,
    section('NAME', `linkonce \\- ${plain(nameLine(root))}\n`),
    section(
      'SYNOPSIS',
      `${bold('linkonce')} ${italic('command')} [${italic('options')}] [${italic('arguments')}]\n`,
    ),
    section('DESCRIPTION', about.map(prose).join('\n.PP\n'), '\n'),
    section('OPTIONS', ...root.options.map(optionEntry)),
    section('COMMANDS', ...commands.map(commandPart)),
    section('SYSTEMS', ...systems.map(systemPart)),
    section('EXIT STATUS', ...entries(exitStatus)),
    section('ENVIRONMENT', ...entries(environment)),
    section('FILES', ...entries(files)),
    section('SEE ALSO', `${seeAlso.map(([name, part]) => `${bold(name)}(${part})`).join(',\n')}\n`),
  ].join('');
}

/** whatis(1) wants one line without an end. */
function nameLine({ description }: CommandFacts): string {
  return description.replace(/\.$/, '');
}

function commandPart({ path, summary, description, options, arguments: values }: CommandFacts): string {
  const usage = values.map((each) => ` ${plain(each.usage)}`).join('');
  const own = options.filter(({ names }) => !names.includes('--help'));
  return subsection(
    `${bold(['linkonce', ...path].join(' '))}${own.length > 0 ? ` [${italic('options')}]` : ''}${usage}`,
    `${prose(description || `${capital(summary)}.`)}\n`,
    ...values.filter((each) => each.description !== '').map(argumentEntry),
    ...own.map(optionEntry),
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function argumentEntry({ usage, description }: ArgumentFacts): string {
  return entry(italic(usage), prose(description));
}

/** `-o, --output <file>`: names bold, what they take in italics. */
function optionEntry({ names, usage, description }: OptionFacts): string {
  const value = /[<[].*$/.exec(usage)?.[0];
  const title = names.map(bold).join(', ') + (value === undefined ? '' : ` ${italic(value)}`);
  return entry(title, prose(description));
}

function systemPart({ id, seed, summary, variants }: System): string {
  return subsection(
    `${bold(id)} (${plain(seed)})`,
    `${plain(capital(summary))}.\n`,
    ...variants.map((variant) => entry(bold(`${id}:${variant.id}`), plain(variant.summary))),
  );
}

function entries(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([name, text]) => entry(bold(name), prose(text)));
}
