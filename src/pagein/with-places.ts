import type { Image } from '../image/image.ts';
import type { ServedPlaces } from './serve-places.ts';
import { servePlaces } from './serve-places.ts';
import { attemptLater } from '../util/outcome.ts';

/**
 * Serves the places of images, each folder of places once, while `work` goes on. Where that cannot be, a line says why, and their
 * launchers hand over.
 */
export async function withPlaces<T>(images: readonly Image[], work: () => Promise<T>): Promise<T> {
  const wanted = new Map(images.flatMap(({ places }) => (places ? [[places.path, places] as const] : [])));
  const served: ServedPlaces[] = [];
  const complain = (line: string): void => {
    process.stderr.write(`linkonce: ${line}\n`);
  };
  try {
    for (const places of wanted.values()) {
      const one = await attemptLater(() => servePlaces(places, complain));
      if ('value' in one) served.push(one.value);
      else complain(one.failure.message);
    }
    return await work();
  } finally {
    await Promise.all(served.map(({ server }) => server.stop()));
  }
}
