/** Completion for zsh: a function for each command, in the specifications of `_arguments` (zshcompsys(1)). */
import type { ArgumentFacts, CommandFacts, Offer, OptionFacts } from '../command-facts.ts';
import { allCommands } from '../command-facts.ts';
import { quote, type Vocabulary } from './vocabulary.ts';

export function zshCompletion({ root, systems }: Vocabulary): string {
  return [
    '#compdef linkonce\n# zsh completion of linkonce, written by `linkonce completion zsh`.\n',
    `_linkonce_system_name() {\n  compadd "$@" -- ${systems.join(' ')}\n}\n`,
    '_linkonce_system_names() {\n  _sequence _linkonce_system_name\n}\n',
    "_linkonce_program() {\n  _alternative 'commands:program:_command_names -e' 'files:file:_files'\n}\n",
    ...allCommands(root).map(functionOf),
    'if [[ $funcstack[1] == _linkonce ]]; then\n  _linkonce "$@"\nelse\n  compdef _linkonce linkonce\nfi\n',
  ].join('\n');
}

function functionOf(facts: CommandFacts): string {
  const name = ['_linkonce', ...facts.path].join('_');
  return `${name}() {\n${facts.commands.length > 0 ? groupBody(name, facts) : leafBody(facts)}}\n`;
}

/** A command with commands below it. */
function groupBody(name: string, { options, commands }: CommandFacts): string {
  const rows = commands.map(({ path, summary, description }) =>
    quote(`${path.at(-1) ?? ''}:${summary || description}`),
  );
  const specifications = [...options.map(optionSpecification), quote('1: :->command'), quote('*:: :->rest')];
  return `  local state
  local -a commands=(${rows.map((row) => `\n    ${row}`).join('')}
  )
${argumentsCall('-C', specifications)}  case $state in
    command) _describe command commands ;;
    rest) if (( $+functions[${name}_$words[1]] )); then ${name}_$words[1]; fi ;;
  esac
`;
}

function leafBody({ options, arguments: values, passesOn }: CommandFacts): string {
  const positions = values.map((value, index) => argumentSpecification(value, index, passesOn));
  return argumentsCall('', [...options.map(optionSpecification), ...positions]);
}

function argumentsCall(flag: string, specifications: readonly string[]): string {
  return `  _arguments ${flag}${specifications.map((text) => ` \\\n    ${text}`).join('')}\n`.replace(
    '  \\',
    ' \\',
  );
}

/** `(-h --help)'{-h,--help}'[print help]`: either name, once. */
function optionSpecification({ names, description, value }: OptionFacts): string {
  const action = value === undefined ? '' : `:value:${actionOf(value)}`;
  const text = quote(`[${escape(description)}]${action}`);
  // An option that may be given several times says so in its description only.
  return names.length > 1
    ? `${quote(`(${names.join(' ')})`)}{${names.join(',')}}${text}`
    : `${names.join('')}${text}`;
}

function argumentSpecification(
  { offer, isVariadic }: ArgumentFacts,
  index: number,
  passesOn: boolean,
): string {
  if (isVariadic && passesOn && index > 0) return quote('*::argument:_files');
  return quote(`${isVariadic ? '*' : String(index + 1)}:argument:${actionOf(offer)}`);
}

const actions: Readonly<Record<Extract<Offer, string>, string>> = {
  files: '_files',
  folders: '_directories',
  programs: '_linkonce_program',
  system: '_linkonce_system_name',
  systems: '_linkonce_system_names',
  nothing: ' ',
};

function actionOf(offer: Offer): string {
  return typeof offer === 'string' ? actions[offer] : `(${offer.join(' ')})`;
}

/** What ends a description, or a part of a specification. */
function escape(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, String.raw`\$&`);
}
