/** Dragging by one pointer and pinching by two: each movement as a factor of zoom, its middle, and a distance in pixels. */
type OnMove = (factor: number, clientX: number, distance: number) => void;

export function followFingers(surface: HTMLElement, onMove: OnMove): void {
  const fingers = new Map<number, number>();
  surface.addEventListener('pointerdown', ({ pointerId, clientX }) => {
    fingers.set(pointerId, clientX);
    surface.setPointerCapture(pointerId);
  });
  surface.addEventListener('pointermove', ({ pointerId, clientX }) => {
    if (!fingers.has(pointerId)) return;
    const before = extentOf(fingers);
    fingers.set(pointerId, clientX);
    const after = extentOf(fingers);
    const factor = before.size > 0 && after.size > 0 ? after.size / before.size : 1;
    onMove(factor, after.middle, after.middle - before.middle);
  });
  for (const end of ['pointerup', 'pointercancel'] as const)
    surface.addEventListener(end, ({ pointerId }) => {
      fingers.delete(pointerId);
    });
}

function extentOf(fingers: ReadonlyMap<number, number>): { readonly size: number; readonly middle: number } {
  const [least, most] = [Math.min(...fingers.values()), Math.max(...fingers.values())];
  return { size: most - least, middle: (least + most) / 2 };
}
