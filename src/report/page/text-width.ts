/** How wide texts are in plots, so that each gets the room that it takes. */

const fonts = { plain: '12px', bold: '600 12px' } as const;
const family = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

let context: CanvasRenderingContext2D | undefined;

/** Pixels of the widest of some texts in the font of plots (style.css); 0 without any. */
export function widestText(texts: readonly string[], look: keyof typeof fonts = 'plain'): number {
  context ??= document.createElement('canvas').getContext('2d')!;
  context.font = `${fonts[look]} ${family}`;
  return Math.ceil(Math.max(0, ...texts.map((text) => context!.measureText(text).width)));
}
