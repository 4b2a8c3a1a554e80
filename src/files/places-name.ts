/** What the folder of the places is called, beside the files that they show. */
export const placesName = 'places';
/** Where their server tells what it did: a socket. */
export const socketName = `${placesName}.sock`;
/** So many places: a process uses the next one where a range of the first is taken. */
export const placeCount = 4;
