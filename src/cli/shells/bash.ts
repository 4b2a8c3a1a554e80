/**
 * Completion for bash. The script has the commands as tables and needs nothing else: no start of Node.js at each key, and no
 * package of helpers. Bash takes `:` and `=` for ends of words (COMP_WORDBREAKS), so that the script joins what it split, and
 * leaves out of its answers what stands before the last one.
 */
import type { CommandFacts, Offer } from '../command-facts.ts';
import { allCommands } from '../command-facts.ts';
import { quote, type Vocabulary } from './vocabulary.ts';

export function bashCompletion({ root, systems }: Vocabulary): string {
  const commands = allCommands(root);
  return [
    '# bash completion of linkonce, written by `linkonce completion bash`.\n',
    table('commands', 'the commands below a command', commands.flatMap(namesBelow)),
    table('options', 'the options of a command', commands.map(optionNames)),
    table('value', 'what an option of a command takes', commands.flatMap(optionValues)),
    table('arguments', 'what the arguments of a command are', commands.flatMap(firstArgument)),
    table('passes_on', 'commands that name a program, and leave it the rest', commands.flatMap(passingOn)),
    functions(systems),
  ].join('\n');
}

/** What a case matches, and what it answers. */
type Row = readonly [pattern: string, answer: string];

const patternOf = ({ path }: CommandFacts): string => quote(path.join(' '));

function namesBelow(facts: CommandFacts): Row[] {
  const names = facts.commands.map(({ path }) => path.at(-1) ?? '');
  return names.length === 0 ? [] : [[patternOf(facts), names.join(' ')]];
}

function optionNames(facts: CommandFacts): Row {
  return [patternOf(facts), facts.options.flatMap(({ names }) => names).join(' ')];
}

function optionValues({ path, options }: CommandFacts): Row[] {
  return options.flatMap(({ names, value }): Row[] =>
    value === undefined
      ? []
      : [[names.map((name) => quote([...path, name].join(' '))).join(' | '), offerText(value)]],
  );
}

/** Further arguments are of the first one's kind, or belong to the program. */
function firstArgument(facts: CommandFacts): Row[] {
  const [first] = facts.arguments;
  return first === undefined ? [] : [[patternOf(facts), offerText(first.offer)]];
}

function passingOn(facts: CommandFacts): Row[] {
  return facts.passesOn ? [[patternOf(facts), 'yes']] : [];
}

function offerText(offer: Offer): string {
  return typeof offer === 'string' ? offer : `words ${offer.join(' ')}`;
}

function table(name: string, comment: string, rows: readonly Row[]): string {
  const cases = rows.map(([pattern, answer]) => `    ${pattern}) echo ${quote(answer)} ;;\n`);
  return `# ${comment}\n_linkonce_${name}() {\n  case $1 in\n${cases.join('')}  esac\n}\n`;
}

function functions(systems: readonly string[]): string {
  return `# Answers words that begin as the second argument does, of what the first one offers.
_linkonce_offer() {
  local systems=${quote(systems.join(' '))}
  case $1 in
    files) compgen -f -- "$2" ;;
    folders) compgen -d -- "$2" ;;
    programs) if [[ $2 == */* ]]; then compgen -f -- "$2"; else compgen -c -- "$2" | sort -u; fi ;;
    system) compgen -W "$systems" -- "$2" ;;
    systems) compgen -P "\${2%"\${2##*,}"}" -W "$systems" -- "\${2##*,}" ;;
    words\\ *) compgen -W "\${1#words }" -- "$2" ;;
  esac
}

# The words of the line up to the cursor, joined where bash parted them at : and =.
_linkonce_join() {
  local word
  joined=()
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if ((\${#joined[@]} > 1)) && [[ -n $word && $word == [:=]* || \${joined[-1]} == *[:=] ]]; then
      joined[-1]+=$word
    else
      joined+=("$word")
    fi
  done
  if [[ -n \${joined[-1]} && \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]]; then joined+=(''); fi
}

_linkonce() {
  local -a joined
  _linkonce_join
  local current=\${joined[-1]} command='' value='' passed='' offer word
  for word in "\${joined[@]:1:\${#joined[@]}-2}"; do
    if [[ -n $value ]]; then
      value=''
    elif [[ $word == -* ]]; then
      [[ $word == *=* ]] || value=$(_linkonce_value "\${command:+$command }$word")
    elif [[ " $(_linkonce_commands "$command") " == *" $word "* ]]; then
      command=\${command:+$command }$word
    elif [[ -n $(_linkonce_passes_on "$command") ]]; then
      passed=yes
      break
    fi
  done
  if [[ -n $passed ]]; then
    offer=files
  elif [[ -n $value ]]; then
    offer=$value
  elif [[ $current == --*=* ]]; then
    offer=$(_linkonce_value "\${command:+$command }\${current%%=*}")
    current=\${current#*=}
  elif [[ $current == -* ]]; then
    offer="words $(_linkonce_options "$command")"
  elif [[ -n $(_linkonce_commands "$command") ]]; then
    offer="words $(_linkonce_commands "$command")"
  else
    offer=$(_linkonce_arguments "$command")
  fi
  mapfile -t COMPREPLY < <(_linkonce_offer "$offer" "$current")
  case $offer in
    files | folders | programs) compopt -o filenames 2>/dev/null ;;
    systems) compopt -o nospace 2>/dev/null ;;
  esac
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}")
  fi
}

complete -F _linkonce linkonce
`;
}
