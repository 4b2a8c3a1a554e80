/**
 * What the page looks like, as far as boxes tell: the first screen at the widths of a phone, a tablet, a laptop and a desk, texts of
 * plots that nothing cuts, tables that say that they scroll, ties that are said, and the field for as many processes as somebody has.
 */
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { isMeasured } from '../../src/report/conclusion.ts';
import { titleOf } from '../../src/report/format.ts';
import { readReport } from '../../src/report/read-report.ts';
import { allDrawn, withPages } from './browser.ts';
import { sample, severalSample, untimedSample } from './sample.ts';

const everyday = await readReport(
  ['everyday', 'scale'].map((name) =>
    fileURLToPath(new URL(`../../docs/reports/${name}.json`, import.meta.url)),
  ),
);
const { measurement } = everyday;

const open = withPages({
  full: everyday,
  timed: { measurement: sample },
  several: { measurement: severalSample },
  untimed: { measurement: untimedSample },
});

const widths = [390, 800, 1280, 1920];
/** Of the viewport (browser.ts). */
const screenHeight = 800;

describe('the first screen', () => {
  for (const width of widths)
    for (const colorScheme of ['light', 'dark'] as const)
      it(`names the programs, their systems and their start-up, ${String(width)} pixels wide, ${colorScheme}`, async () => {
        await open('full', { width, colorScheme }, async (page) => {
          expect(await page.locator('h1').innerText()).toBe(titleOf(measurement));
          const rows = page.locator('.verdicts tbody tr');
          expect(await rows.count()).toBe(measurement.programs.length);
          for (const text of await rows.allInnerTexts())
            expect(text).toMatch(/^[\w-]+\s+[\w-]+ [\w-]+\s+(tied with [^]*)?[\d.]+\s+from [\d.]+/);
          const { y, height, x, width: wide } = (await page.locator('.verdicts').boundingBox())!;
          expect(y + height).toBeLessThanOrEqual(screenHeight);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + wide).toBeLessThanOrEqual(width);
        });
      });

  it('says in one sentence which system is for all of them', async () => {
    await open('full', {}, async (page) => {
      const verdict = (await page.locator('.verdict').innerText()).replaceAll('\u00a0', ' ');
      expect(verdict).toMatch(/starts [\d.]+ times as fast, with private memory \d+ % less/);
      const [first] = await page.locator('.card h3').allInnerTexts();
      expect(verdict).toContain(first!.split(',')[0]!);
    });
  });
});

/** In the page: the texts of plots, and those of them that reach out of their plot. */
const findCutTexts = `(() => {
  const texts = [...document.querySelectorAll('.chart svg text')];
  const isCut = (text) => {
    const own = text.getBoundingClientRect();
    const whole = text.closest('.chart > *').getBoundingClientRect();
    const isAcross = own.left >= whole.left - 1 && own.right <= whole.right + 1;
    return own.width > 0 && !(isAcross && own.top >= whole.top - 1 && own.bottom <= whole.bottom + 1);
  };
  return { all: texts.length, cut: texts.filter(isCut).map(({ textContent }) => textContent) };
})()`;

interface CutTexts {
  readonly all: number;
  readonly cut: readonly string[];
}

describe('plots', () => {
  for (const name of ['full', 'timed', 'several', 'untimed'])
    for (const width of widths)
      it(`cut no text, of ${name} at ${String(width)} pixels`, async () => {
        await open(name, { width }, async (page) => {
          await allDrawn(page);
          const { all, cut } = await page.evaluate<CutTexts>(findCutTexts);
          expect(all).toBeGreaterThan(50);
          expect(cut).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        });
      });

  it('number every tick of a logarithmic axis', async () => {
    await open('full', {}, async (page) => {
      const plot = page.getByRole('img', { name: 'Memory of processes of one program' });
      await plot.waitFor();
      const numbers = await plot.locator('[aria-label="x-axis tick label"] text').allTextContents();
      expect(numbers).toContain('500');
      expect(numbers.filter((text) => text.trim() === '')).toEqual([]);
    });
  });

  it('say memory in one unit: the axis has it, the bars have numbers alone', async () => {
    await open('full', {}, async (page) => {
      const plot = page.getByRole('img', { name: 'Memory of all programs together, by system' });
      await plot.waitFor();
      const texts = await plot.locator('text').allTextContents();
      expect(texts.filter((text) => /\b[kMG]B\b/.test(text))).toEqual([
        expect.stringMatching(/^memory of all processes, [kMG]B/),
      ]);
      expect(texts.filter((text) => text.endsWith(', tied')).length).not.toBe(1);
    });
  });
});

describe('ties', () => {
  const cellOf = (page: Page, system: string, column: number): Locator =>
    page.locator('#all-figures tbody tr', { hasText: system }).locator('td').nth(column);

  it('are marked where intervals overlap, and the best alone where they do not', async () => {
    const [program] = measurement.programs;
    const timed = program!.results.filter(isMeasured).flatMap(({ startupMs }) => startupMs ?? []);
    const least = timed.reduce((best, one) => (one.median < best.median ? one : best));
    const alike = timed.filter(({ low }) => low <= least.high);
    await open('full', {}, async (page) => {
      const marked = page.locator('#all-figures tbody tr td:nth-child(2).best');
      expect(await marked.count()).toBe(alike.length);
      for (const text of await marked.allInnerTexts())
        expect(text).toMatch(alike.length === 1 ? /best/ : /tied/);
    });
    await open('timed', {}, async (page) => {
      expect(await cellOf(page, 'direct', 0).innerText()).toMatch(/best · /);
      expect(await cellOf(page, 'lazy', 0).innerText()).not.toMatch(/best|tied/);
    });
  });
});

/** In the page: what stands in the third heading, of PSS. */
const arrowOfPss = `getComputedStyle(
  document.querySelector('#all-programs-together-figures th:nth-child(3) .arrow'),
  '::before',
).content`;

describe('a table that is wider than the page', () => {
  const frame = (page: Page) => page.locator('#all-programs-together-figures .scroller');

  it('says so, scrolls by the keyboard, and shows on which side there is more', async () => {
    await open('full', { width: 390 }, async (page) => {
      const region = frame(page).getByRole('region');
      await region.scrollIntoViewIfNeeded();
      await expect.poll(() => frame(page).getAttribute('class')).toMatch(/more-behind/);
      expect(await frame(page).locator('.scroll-hint').innerText()).toMatch(
        /scroll sideways: \d+ more columns/,
      );
      await region.focus();
      for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
      await expect.poll(() => frame(page).getAttribute('class')).toMatch(/more-before/);
    });
  });

  it('is silent where it fits', async () => {
    await open('full', { width: 1920 }, async (page) => {
      await frame(page).scrollIntoViewIfNeeded();
      expect(await frame(page).locator('.scroll-hint').innerText()).toBe('');
      expect(await frame(page).getAttribute('class')).not.toMatch(/more-/);
    });
  });

  it('shows by its headings that they sort, and which does', async () => {
    await open('full', {}, async (page) => {
      const head = frame(page).getByRole('columnheader', { name: 'PSS' });
      const arrow = () => page.evaluate<string>(arrowOfPss);
      expect(await arrow()).toBe('"↕"');
      await head.getByRole('button').focus();
      await page.keyboard.press('Enter');
      expect([await head.getAttribute('aria-sort'), await arrow()]).toEqual(['ascending', '"↑"']);
      await page.keyboard.press('Space');
      expect([await head.getAttribute('aria-sort'), await arrow()]).toEqual(['descending', '"↓"']);
    });
  });
});

describe('I have so many processes', () => {
  it('changes the totals: what is private so many times, and what is shared once', async () => {
    await open('timed', {}, async (page) => {
      const section = page.locator('#which-system-for-you');
      await section.getByText('Memory of so many processes under each system').click();
      await section.getByLabel('I have').fill('1000');
      expect(await section.getByRole('status').innerText()).toContain('1,000 processes');
      const [program] = sample.programs;
      const direct = program!.results.filter(isMeasured).find(({ variant }) => variant === 'direct')!;
      const row = section.locator('tbody tr', { hasText: 'direct' });
      const mb = (1000 * direct.privateKb + direct.sharedKb) / 1024;
      expect((await row.locator('td').first().innerText()).split('\n')[0]).toBe(
        Math.round(mb).toLocaleString('en'),
      );
      expect(await section.getByRole('columnheader', { name: 'All together' }).innerText()).toContain('MB');
    });
  });

  it('changes the recommendation, and no number brings the measured one back', async () => {
    await open('full', {}, async (page) => {
      const field = page.getByLabel('I have');
      const cards = () => page.locator('.card').allInnerTexts();
      const measured = await cards();
      await field.fill('5000');
      expect(await cards()).not.toEqual(measured);
      expect((await cards()).join()).toContain('memory of 5,000 of each program');
      await field.fill('');
      expect(await cards()).toEqual(measured);
      await field.fill('-3');
      expect(await cards()).toEqual(measured);
    });
  });
});
