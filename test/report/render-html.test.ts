/** The page as a file: that its data cannot end the element that holds them, and that it loads nothing. */
import { describe, expect, it } from 'vitest';
import { collectReport } from '../../src/report/collect-report.ts';
import { renderHtml } from '../../src/report/html.ts';
import { sample } from './sample.ts';
import { unpackData } from './unpack-data.ts';

const html = renderHtml(sample);

describe('renderHtml', () => {
  it('holds the data so that nothing of them ends their element', () => {
    expect(unpackData(html)).toEqual(collectReport(sample));
  });

  it('forbids every source but its own script and images of its own data', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]+='; style-src 'unsafe-inline'; img-src data:; /,
    );
  });
});
