/** Completion for fish: a line for each command, option and argument (complete(1) of fish). */
import type { ArgumentFacts, CommandFacts, Offer, OptionFacts } from '../command-facts.ts';
import { allCommands } from '../command-facts.ts';
import type { Vocabulary } from './vocabulary.ts';

export function fishCompletion({ root, systems }: Vocabulary): string {
  const commands = allCommands(root);
  return [
    '# fish completion of linkonce, written by `linkonce completion fish`.\n',
    whereFunctions(commands),
    `function __linkonce_systems\n  printf '%s\\n' ${systems.join(' ')}\nend\n`,
    `complete -c linkonce -f\n${commands.map(linesOf).join('')}`,
  ].join('\n');
}

/** Which command the line has come to. */
function whereFunctions(commands: readonly CommandFacts[]): string {
  const known = commands.filter(({ path }) => path.length > 0).map(({ path }) => quote(path.join(' ')));
  return `function __linkonce_command
  set -l command
  for word in (commandline -opc)[2..-1]
    if contains -- (string join -- ' ' $command $word) ${known.join(' ')}
      set -a command $word
    end
  end
  string join -- ' ' $command
end

function __linkonce_at
  test "$(__linkonce_command)" = "$argv[1]"
end
`;
}

function linesOf(facts: CommandFacts): string {
  const at = quote(`__linkonce_at ${quote(facts.path.join(' '))}`);
  const start = `complete -c linkonce -n ${at}`;
  const lines = [
    ...facts.commands.map((each) => `${start} ${commandText(each)}`),
    ...facts.options.map((each) => `${start} ${optionText(each)}`),
    ...(facts.commands.length > 0 ? [] : facts.arguments.map((each) => `${start} ${argumentText(each)}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function commandText({ path, summary, description }: CommandFacts): string {
  return `-a ${path.at(-1) ?? ''} -d ${quote(summary || description)}`;
}

function optionText({ names, description, value }: OptionFacts): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return `${flags.join(' ')}${value === undefined ? '' : ` ${offerText(value)}`} -d ${quote(description)}`;
}

function argumentText({ offer }: ArgumentFacts): string {
  return offer === 'files' ? '-F' : `-a ${words(offer)}`;
}

/** Of an option that takes a value: files are what fish offers by itself. */
function offerText(offer: Offer): string {
  return offer === 'files' ? '-r -F' : `-x -a ${words(offer)}`;
}

const sources: Readonly<Record<Exclude<Extract<Offer, string>, 'files'>, string>> = {
  folders: '(__fish_complete_directories)',
  programs: '(__fish_complete_command)',
  system: '(__linkonce_systems)',
  systems: '(__fish_complete_list , __linkonce_systems)',
  nothing: '',
};

function words(offer: Exclude<Offer, 'files'>): string {
  return quote(typeof offer === 'string' ? sources[offer] : offer.join(' '));
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
