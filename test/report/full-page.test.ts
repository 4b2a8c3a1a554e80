/** The page of a real measurement, docs/reports/: all systems and variants, four programs, the growth lab. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { renderCsv, renderSamples } from '../../src/report/csv.ts';
import { renderHtml } from '../../src/report/html.ts';
import { readReport } from '../../src/report/read-report.ts';
import { systems } from '../../src/systems/registry.ts';
import { allDrawn, titles, withPages } from './browser.ts';

const files = ['everyday', 'scale'].map((name) =>
  fileURLToPath(new URL(`../../docs/reports/${name}.json`, import.meta.url)),
);

const report = await readReport(files);
const { measurement, scale } = report;

const open = withPages({ full: report });

/** What a page may weigh, bytes: 2 MB. */
const mostBytes = 2_000_000;

describe('the page of twelve systems and four programs', () => {
  it('weighs at most 2 MB', () => {
    const [first] = measurement.programs;
    expect(measurement.programs.length).toBeGreaterThanOrEqual(4);
    expect(new Set(first!.results.map(({ system }) => system)).size).toBe(systems.length);
    expect(Buffer.byteLength(renderHtml(measurement, { ...(scale && { scale }) }))).toBeLessThanOrEqual(
      mostBytes,
    );
  });

  it('has every plot, and links to each section', async () => {
    await open('full', {}, async (page) => {
      await allDrawn(page);
      expect(await titles(page)).toEqual([
        'Memory of all programs together, by system',
        'Private memory of a process against start-up time',
        'Private memory of a process against the cost of calls',
        'Start-up of every timed run, by system',
        'Memory of processes of one program as their number grows',
        'Address space under got-plt lazy',
        expect.stringMatching(/^Address space under (?!got-plt)/),
        'Pages in memory under got-plt lazy, by reason',
        'How start-up, ms grows with modules',
        'How likely names of libraries, hashed to addresses, collide',
        'How a hashed dispatcher fills up',
      ]);
      await page.getByText('Contents: ').click();
      const links = page.getByRole('navigation').getByRole('link');
      expect(await links.count()).toBe(await page.locator('section').count());
      for (const link of await links.all())
        expect(await page.locator((await link.getAttribute('href')) ?? '').count()).toBe(1);
      await links.last().click();
      expect(await page.locator('section').last().isVisible()).toBe(true);
    });
  });

  it('says which system for whom, and with which command', async () => {
    await open('full', {}, async (page) => {
      const cards = page.locator('.card');
      expect(await cards.count()).toBeGreaterThanOrEqual(2);
      expect(await cards.filter({ hasText: 'the fastest start' }).innerText()).toMatch(
        /times as fast as got-plt lazy[^]*linkonce store add --system [\w-]+:[\w-]+ \/usr\/bin\/git/,
      );
    });
  });

  it('sorts its table, and says of each figure how it was measured', async () => {
    await open('full', {}, async (page) => {
      const table = page.getByRole('region', { name: 'All figures' });
      const heading = table.getByRole('columnheader', { name: 'PSS' });
      await heading.getByRole('button').click();
      const figures = await table.locator('tbody tr:not(.unmeasured) td:nth-child(6)').allInnerTexts();
      const values = figures.map((text) => Number(text.split('\n')[0]!.replaceAll(',', '')));
      expect(values).toEqual([...values].sort((one, other) => one - other));
      const headings = await table.getByRole('columnheader').count();
      await page.getByText('How each figure was measured').last().click();
      expect(await page.locator('.meanings').last().locator('dd').count()).toBe(headings - 1);
    });
  });

  it('shows another figure of the growth lab, and other systems', async () => {
    await open('full', {}, async (page) => {
      const part = page.locator('#how-costs-grow');
      await part.getByLabel('Figure').selectOption({ label: 'Private memory, kB – as imports grow' });
      await part.getByRole('img', { name: 'How private memory, kB grows with imports' }).waitFor();
      const labels = () => part.locator('.curve-label').allTextContents();
      const before = await labels();
      await part.getByText(/emphasised/).click();
      await part.getByRole('button', { name: 'dispatcher jump' }).click();
      expect(new Set(await labels())).toEqual(new Set([...before, 'dispatcher jump']));
      await part.getByRole('button', { name: 'dispatcher jump' }).click();
      expect(new Set(await labels())).toEqual(new Set(before));
    });
  });

  it('fits a phone', async () => {
    await open('full', { width: 360, hasTouch: true }, async (page) => {
      await allDrawn(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    });
  });
});

describe('the map of an address space', () => {
  const figureOf = (page: Page) => page.locator('.maps figure').first();
  const surfaceOf = (page: Page) => figureOf(page).getByRole('application');
  /** Pixels that the executable takes. */
  const widthOf = async (page: Page) =>
    Number(await surfaceOf(page).locator('.owner').first().getAttribute('width'));

  it('zooms by wheel, keys and buttons, and shows all again', async () => {
    await open('full', {}, async (page) => {
      // What is drawn above moves what is below: only then a place stays where it is.
      await allDrawn(page);
      await surfaceOf(page).scrollIntoViewIfNeeded();
      const whole = await widthOf(page);
      const { x, y } = (await surfaceOf(page).boundingBox())!;
      await page.mouse.move(x + 2, y + 40);
      await page.mouse.wheel(0, -150);
      await expect.poll(() => widthOf(page)).toBeGreaterThan(whole * 1.2);
      await surfaceOf(page).press('Home');
      expect(await widthOf(page)).toBeCloseTo(whole, 3);
      await surfaceOf(page).press('Home');
      await surfaceOf(page).press('ArrowRight');
      await surfaceOf(page).press('+');
      expect(await widthOf(page)).toBeGreaterThan(whole * 1.2);
      await figureOf(page).getByRole('button', { name: 'Zoom out' }).click();
      expect(await widthOf(page)).toBeCloseTo(whole, 3);
      await figureOf(page).getByRole('button', { name: 'Zoom in' }).click();
      await figureOf(page).getByRole('button', { name: 'Show all' }).click();
      expect(await widthOf(page)).toBeCloseTo(whole, 3);
    });
  });

  it('says what is pointed at, and what the arrow keys reach', async () => {
    await open('full', {}, async (page) => {
      const detail = figureOf(page).locator('.space-detail');
      await allDrawn(page);
      await surfaceOf(page).press('ArrowRight');
      expect(await detail.innerText()).toMatch(
        /^git · r--p · module · 0x[0-9a-f]+–0x[0-9a-f]+ · [\d,]+ pages: /,
      );
      expect(await surfaceOf(page).locator('.selection').count()).toBe(1);
      await surfaceOf(page).press('ArrowRight');
      expect(await detail.innerText()).toMatch(/^git · r-xp · /);
      const { x, y, width } = (await surfaceOf(page).boundingBox())!;
      await page.mouse.move(x + width - 3, y + 60);
      await expect.poll(() => detail.innerText()).toContain('[stack]');
    });
  });

  it('shows another system, and one more map', async () => {
    await open('full', {}, async (page) => {
      await figureOf(page).getByLabel('System').selectOption('image single');
      await figureOf(page).getByRole('img', { name: 'Address space under image single' }).waitFor();
      await page.getByRole('button', { name: 'Compare with another system' }).click();
      expect(await page.locator('.maps figure').count()).toBe(3);
    });
  });

  it('has its colours from the theme', async () => {
    await open('full', {}, async (page) => {
      const colour = () => page.evaluate("getComputedStyle(document.querySelector('.owner')).fill");
      await surfaceOf(page).locator('.owner').first().waitFor();
      const light = await colour();
      await page.getByRole('button', { name: 'Dark theme' }).click();
      expect(await colour()).not.toBe(light);
    });
  });
});

describe('what can be saved', () => {
  async function save(page: Page, button: Locator): Promise<{ name: string; content: Buffer }> {
    const waiting = page.waitForEvent('download');
    await button.click();
    const download = await waiting;
    return { name: download.suggestedFilename(), content: readFileSync(await download.path()) };
  }

  const plots = ['#memory-against-start-up', '#where-a-process-has-what', '#how-costs-grow'];

  it('is each plot as SVG, with all its styles', async () => {
    await open('full', {}, async (page) => {
      await allDrawn(page);
      const buttons = page.getByRole('button', { name: 'SVG' });
      expect(await buttons.count()).toBe(await page.locator('figure').count());
      for (const plot of plots) {
        const { name, content } = await save(
          page,
          page.locator(plot).getByRole('button', { name: 'SVG' }).first(),
        );
        expect(name).toMatch(/^linkonce-[\w-]+\.svg$/);
        expect(content.toString()).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
        expect(content.toString()).not.toContain('var(--');
      }
    });
  });

  it('is each plot as PNG, of twice its pixels', async () => {
    await open('full', {}, async (page) => {
      await allDrawn(page);
      for (const plot of plots) {
        const figure = page.locator(plot).locator('figure').first();
        const width = Number(await figure.locator('svg').first().getAttribute('width'));
        const { name, content } = await save(page, figure.getByRole('button', { name: 'PNG' }));
        expect(name).toMatch(/^linkonce-[\w-]+\.png$/);
        // PNG specification, 5.2 and 11.2.2: signature, and the width in the first chunk.
        expect(content.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
        expect(content.readUInt32BE(16)).toBe(2 * width);
      }
    });
  });

  it('is the data, as CSV and JSON', async () => {
    await open('full', {}, async (page) => {
      const csv = await save(page, page.getByRole('button', { name: 'Figures as CSV' }));
      expect(csv.content.toString()).toBe(renderCsv(measurement));
      const runs = await save(page, page.getByRole('button', { name: 'Every run as CSV' }));
      expect(runs.content.toString()).toBe(renderSamples(measurement));
      const own = await save(page, page.getByRole('button', { name: 'These runs as CSV' }));
      const [first] = measurement.programs;
      expect(own.content.toString()).toBe(renderSamples({ ...measurement, programs: [first!] }));
      const json = await save(page, page.getByRole('button', { name: 'Measurement as JSON' }));
      expect(JSON.parse(json.content.toString())).toEqual(measurement);
      const growth = await save(page, page.getByRole('button', { name: 'Growth as JSON' }));
      expect(JSON.parse(growth.content.toString())).toEqual(scale);
    });
  });
});
