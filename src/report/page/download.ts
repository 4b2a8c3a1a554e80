/** Hands a person a file; nothing leaves the page. */
import { element } from './element.ts';

export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  element('a', { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

/** A button that does so; the content is made when it is asked for. */
export function createDownload(text: string, name: string, type: string, content: () => string): HTMLElement {
  const button = element('button', { type: 'button' }, text);
  button.addEventListener('click', () => {
    download(new Blob([content()], { type }), name);
  });
  return button;
}
