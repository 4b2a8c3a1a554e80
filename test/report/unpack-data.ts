import { gunzipSync } from 'node:zlib';

/** The data that stand in a page, as the page reads them. */
export function unpackData(html: string): unknown {
  const packed = /<script type="application\/gzip" id="data">([^<]*)<\/script>/.exec(html)?.[1];
  return JSON.parse(gunzipSync(Buffer.from(packed ?? '', 'base64')).toString());
}
