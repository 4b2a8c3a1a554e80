/**
 * Text that does to a terminal what it says and nothing else. Names come from strangers (paths, symbols, arguments of processes):
 * a control character in one could move the cursor, hide a line, or put something into the clipboard.
 */

/** Control characters, line ends of Unicode, and what turns the direction of text (UAX #9). */
const harmful = '[\\p{Cc}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]';
const escape = String.fromCharCode(0x1b);
/** What Colors writes: select graphic rendition, one number (ECMA-48, 8.3.117); but not 8, which hides text. */
const color = `${escape}\\[(?!8m)\\d{1,2}m`;

/** One line: newlines, too, are shown as they are written in C. */
export function printableLine(text: string): string {
  return text.replace(new RegExp(harmful, 'gu'), show);
}

/** The same but for newlines, tabs, and where colours are on, colours. */
export function printable(text: string, hasColors: boolean): string {
  const kept = `\\n|\\t${hasColors ? `|${color}` : ''}`;
  return text.replace(new RegExp(`(${kept})|${harmful}`, 'gu'), (all, keep?: string) => keep ?? show(all));
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

function show(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16);
  return short[character] ?? (digits.length > 2 ? `\\u${digits}` : `\\x${digits.padStart(2, '0')}`);
}
