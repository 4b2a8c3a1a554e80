/** What the folder of the places is called, beside the files that they show. */
export const placesName = 'places';
