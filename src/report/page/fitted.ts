/** A frame whose drawing follows its width. */
import { element } from './element.ts';
import { whenIdle } from './idle.ts';

export interface Fitted {
  readonly frame: HTMLElement;
  /** Draws again, for what changed besides the width. */
  readonly redraw: () => void;
}

/** Calls `draw` with the width in pixels when the frame is laid out, and whenever that changes; what is not to be seen waits. */
export function createFitted(draw: (width: number) => Element): Fitted {
  const frame = element('div', { class: 'chart' });
  let drawnWidth = 0;
  const redraw = (): void => {
    drawnWidth = frame.clientWidth;
    if (drawnWidth > 0) frame.replaceChildren(draw(drawnWidth));
  };
  new ResizeObserver(() => {
    if (frame.clientWidth === drawnWidth) return;
    if (isVisible(frame)) redraw();
    else whenIdle(redraw);
  }).observe(frame);
  return { frame, redraw };
}

function isVisible(frame: Element): boolean {
  const { top, bottom } = frame.getBoundingClientRect();
  return bottom >= 0 && top <= innerHeight;
}
