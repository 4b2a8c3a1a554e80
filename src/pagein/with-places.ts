import type { Image } from '../image/image.ts';
import type { ServedPlaces } from './serve-places.ts';
import { servePlaces } from './serve-places.ts';

/** Serves the places of images, each folder of places once, while `work` goes on. Throws LinkonceError where it cannot. */
export async function withPlaces<T>(images: readonly Image[], work: () => Promise<T>): Promise<T> {
  const wanted = new Map(images.flatMap(({ places }) => (places ? [[places.path, places] as const] : [])));
  const served: ServedPlaces[] = [];
  const complain = (line: string): void => {
    process.stderr.write(`linkonce: ${line}\n`);
  };
  try {
    for (const places of wanted.values()) served.push(await servePlaces(places, complain));
    return await work();
  } finally {
    await Promise.all(served.map(({ server }) => server.stop()));
  }
}
