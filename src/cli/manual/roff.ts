/** Text of a manual page in the macros of man(7). */

/** A character that roff would take for its own, or that its input encoding may lack (groff_char(7)). */
const special = /[\\\-'`~^"]|[^\x20-\x7e\n]/gu;

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '~': '\\(ti',
  '^': '\\(ha',
  '"': '\\(dq',
};

/** Plain text: nothing in it is a request or an escape. */
export function plain(text: string): string {
  return text
    .replaceAll(special, (letter) => escapes[letter] ?? `\\[u${codePoint(letter)}]`)
    .replaceAll(/^\./gm, '\\&.');
}

/** As groff names characters: at least four hexadecimal digits. */
function codePoint(letter: string): string {
  return (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

export const bold = (text: string): string => `\\fB${plain(text)}\\fR`;
export const italic = (text: string): string => `\\fI${plain(text)}\\fR`;

export const section = (title: string, ...parts: readonly string[]): string =>
  `.SH ${title}\n${parts.join('')}`;
/** The title is formatted already. */
export const subsection = (title: string, ...parts: readonly string[]): string =>
  `.SS ${title}\n${parts.join('')}`;
/** Both are formatted already. */
export const entry = (title: string, text: string): string => `.TP\n${title}\n${text}\n`;

/** Plain text with `code` in bold, as the help has it. */
export function prose(text: string): string {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? bold(part) : plain(part)))
    .join('');
}
