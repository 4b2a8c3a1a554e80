/**
 * Splits a command line into words as a POSIX shell does (Shell Command Language, 2.2 and 2.3): blanks part words, quotes and
 * backslashes keep characters, a `#` at a word's beginning starts a comment. Nothing is expanded, and `|`, `>`, `;`, `$`,
 * `*` are characters like others.
 */

/** One piece of a line: blanks, a comment, a quoted or escaped part, or a plain run. */
const piece =
  /(?<blanks>[ \t\n]+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|\\(?<escaped>[^])|(?<plain>[^ \t\n'"\\]+)/y;

/** Inside double quotes a backslash keeps only these; before others it is itself. */
const keptInQuotes = /\\([$`"\\\n])/g;

/** The words of a line. Throws SyntaxError with what is wrong: a quote that is not closed, or a backslash at the end. */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length && !(word === undefined && line[at] === '#'); at = piece.lastIndex) {
    const part = pieceAt(line, at);
    if (part === undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + part;
  }
  return word === undefined ? words : [...words, word];
}

/** What the piece at a position adds to the word there; undefined for blanks, which end it. */
function pieceAt(line: string, at: number): string | undefined {
  piece.lastIndex = at;
  const groups = piece.exec(line)?.groups;
  if (groups === undefined)
    throw new SyntaxError(
      line[at] === '\\' ? 'ends with a backslash' : `the quote ${line[at] ?? ''} is not closed`,
    );
  const { blanks, single, double, escaped, plain } = groups;
  if (blanks !== undefined) return undefined;
  const inQuotes = double?.replaceAll(keptInQuotes, (_, kept: string) => (kept === '\n' ? '' : kept));
  return single ?? inQuotes ?? plain ?? (escaped === '\n' ? '' : escaped);
}
