/** A frame whose drawing follows its width. */
import { element } from './element.ts';

export interface Fitted {
  readonly frame: HTMLElement;
  /** Draws again, for what changed besides the width. */
  readonly redraw: () => void;
}

/** Calls `draw` with the width in pixels when the frame is first laid out, and whenever that changes. */
export function createFitted(draw: (width: number) => Element): Fitted {
  const frame = element('div', { class: 'chart' });
  let drawnWidth = 0;
  const redraw = (): void => {
    drawnWidth = frame.clientWidth;
    if (drawnWidth > 0) frame.replaceChildren(draw(drawnWidth));
  };
  new ResizeObserver(() => {
    if (frame.clientWidth !== drawnWidth) redraw();
  }).observe(frame);
  return { frame, redraw };
}
