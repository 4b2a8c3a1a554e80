/** Hands a person a file; nothing leaves the page. */
import { element } from './element.ts';

export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  element('a', { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
