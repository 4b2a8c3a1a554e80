/** A plot as a file that stands alone: what the page's style sheet says of it is written into it. */
import { download } from './download.ts';

/** What a style sheet can change of these plots. */
const properties = [
  ...['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'opacity'],
  ...['font-family', 'font-size', 'font-weight', 'font-variant-numeric', 'text-anchor', 'color'],
] as const;

/** Pixels of a PNG for each of the plot's, so that it stays sharp in print. */
const density = 2;

export function saveSvg(plot: SVGSVGElement, name: string): void {
  download(new Blob([standAlone(plot)], { type: 'image/svg+xml' }), `${name}.svg`);
}

export async function savePng(plot: SVGSVGElement, name: string): Promise<void> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standAlone(plot))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * density;
  canvas.height = image.height * density;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  const content = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (content !== null) download(content, `${name}.png`);
}

/** The plot's markup on its own ground, with every variable and rule resolved. */
function standAlone(plot: SVGSVGElement): string {
  const copy = plot.cloneNode(true) as SVGSVGElement;
  const originals = [plot, ...plot.querySelectorAll<SVGElement>('*')];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  for (const [index, original] of originals.entries()) resolveStyle(original, copies[index]!);
  // Neither rules that are resolved now, nor what was said of a mark that was just pointed at.
  for (const part of copy.querySelectorAll('style, [aria-label=tip]')) part.remove();
  copy.prepend(createGround(getComputedStyle(plot).getPropertyValue('--surface')));
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return new XMLSerializer().serializeToString(copy);
}

function resolveStyle(original: SVGElement, copy: SVGElement): void {
  const computed = getComputedStyle(original);
  copy.removeAttribute('class');
  copy.removeAttribute('style');
  for (const property of properties) {
    copy.removeAttribute(property);
    copy.style.setProperty(property, computed.getPropertyValue(property));
  }
}

function createGround(colour: string): SVGElement {
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ width: '100%', height: '100%', fill: colour }))
    ground.setAttribute(name, value);
  return ground;
}
