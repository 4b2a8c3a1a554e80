/** The page in a real browser, offline: that it stays silent, shows the figures, sorts, switches and fits a phone. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { allDrawn, titles, withPages } from './browser.ts';
import { hiddenSample, sample, severalSample, untimedSample } from './sample.ts';

const open = withPages({
  timed: { measurement: sample },
  untimed: { measurement: untimedSample },
  several: { measurement: severalSample },
  hidden: { measurement: hiddenSample },
});

const systems = (page: Page) => page.locator('#all-figures .scroll tbody tr th').allInnerTexts();

describe('the page', () => {
  it('shows the program, the conclusion and every system', async () => {
    await open('timed', {}, async (page) => {
      expect(await page.locator('h1').innerText()).toBe('ffmpeg');
      expect(await page.locator('.lede').innerText()).toContain('image direct started fastest');
      expect(await systems(page)).toHaveLength(sample.programs[0]!.results.length);
      expect(await page.locator('.unmeasured').allInnerTexts()).toHaveLength(2);
      // What looks like markup in a measurement is text.
      expect(await page.locator('.command').innerText()).toContain('</script><b>&amp;');
      expect(await page.locator('b').count()).toBe(0);
    });
  });

  it('draws charts that have names for those who do not see them', async () => {
    await open('timed', {}, async (page) => {
      await allDrawn(page);
      expect(await titles(page)).toEqual([
        'Private memory of a process against start-up time',
        'Start-up of every timed run, by system',
        'Memory of processes of one program as their number grows',
        'Address space under got-plt lazy',
        'Address space under prelink files',
        'Pages in memory under got-plt lazy, by reason',
        'How likely names of libraries, hashed to addresses, collide',
        'How a hashed dispatcher fills up',
      ]);
      const labels = await page.locator('.mark-label').allTextContents();
      expect(labels).toHaveLength(sample.programs[0]!.results.length - 2);
    });
  });

  it('draws memory alone where nothing was timed', async () => {
    await open('untimed', {}, async (page) => {
      await allDrawn(page);
      expect((await titles(page))[0]).toBe('Private memory of a process, by system');
      expect(await page.getByRole('columnheader', { name: 'Start-up' }).count()).toBe(0);
    });
  });

  it('sorts by the headings, both ways, and keeps what has no figures at the end', async () => {
    await open('timed', {}, async (page) => {
      const heading = page.locator('#all-figures').getByRole('columnheader', { name: 'Start-up' });
      await heading.getByRole('button').press('Enter');
      expect(await heading.getAttribute('aria-sort')).toBe('ascending');
      expect((await systems(page))[0]).toMatch(/^image/);
      await heading.getByRole('button').click();
      expect(await heading.getAttribute('aria-sort')).toBe('descending');
      const descending = await systems(page);
      expect(descending[0]).toMatch(/^got-plt\s+now/);
      expect(descending.slice(-2).join()).toMatch(/^fixed[^]*hash-dispatcher/);
    });
  });

  it('begins with the system’s theme and switches by its button', async () => {
    await open('timed', { colorScheme: 'dark' }, async (page) => {
      const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const dark = await ground();
      await page.getByRole('button', { name: 'Light theme' }).click();
      expect(await ground()).not.toBe(dark);
      await page.getByRole('button', { name: 'Dark theme' }).click();
      expect(await ground()).toBe(dark);
    });
  });

  it('changes its axes', async () => {
    await open('timed', {}, async (page) => {
      const ticks = () =>
        page.locator('svg').first().locator('[aria-label="x-axis tick label"] text').allTextContents();
      expect(await ticks()).not.toContain('0');
      await page.getByRole('radio', { name: 'from zero' }).first().check();
      expect((await ticks())[0]).toBe('0');
    });
  });

  it('fits a phone: only the table scrolls sideways', async () => {
    for (const name of ['timed', 'untimed', 'several', 'hidden'])
      await open(name, { width: 360 }, async (page) => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      });
  });

  it('can be used by the keyboard alone', async () => {
    await open('timed', {}, async (page) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Dark theme');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    });
  });

  it('shows the text without scripts', async () => {
    await open('timed', { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('noscript').innerText()).toContain('image direct started fastest');
    });
  });
});

describe('the page of several programs', () => {
  const together = (page: Page) => page.getByRole('region', { name: 'All programs together', exact: true });

  it('says what all of them come to', async () => {
    await open('several', {}, async (page) => {
      expect(await page.locator('h1').innerText()).toBe('ffmpeg, git status --short and git log');
      const lede = await page.locator('header .lede').innerText();
      expect(lede).toContain('All programs together, offset-table window held the least private memory');
      const rows = together(page).locator('tbody tr');
      expect(await rows.count()).toBe(severalSample.workload.length);
      const partial = rows.filter({ hasText: 'partitions' });
      expect(await partial.innerText()).toContain('without git status --short and git log');
    });
  });

  it('draws the memory of all together, by who maps it', async () => {
    await open('several', {}, async (page) => {
      const plot = page.getByRole('img', { name: 'Memory of all programs together, by system' });
      await plot.waitFor();
      const bars = plot.locator('[aria-label=bar] rect');
      // A system that serves one of them, and two that serve none, have no bar.
      expect(await bars.count()).toBe(3 * (severalSample.workload.length - 3));
      expect(await plot.textContent()).not.toContain('image partitions');
      const caption = page.locator('figcaption').first();
      expect(await caption.innerText()).toContain('shared by several programs');
    });
  });

  it('draws private memory alone where the kernel hides page frames', async () => {
    await open('hidden', {}, async (page) => {
      const plot = page.getByRole('img', { name: 'Memory of all programs together, by system' });
      await plot.waitFor();
      expect(await plot.locator('[aria-label=bar] rect').count()).toBe(hiddenSample.workload.length - 3);
      expect(await page.locator('figcaption').first().innerText()).not.toContain('shared');
      const heading = together(page).getByRole('columnheader', { name: 'In several' });
      expect(await heading.count()).toBe(0);
    });
  });

  it('shows the program that is chosen, with its plots and its table', async () => {
    await open('several', {}, async (page) => {
      const part = page.locator('.program');
      await part.getByRole('img').nth(1).waitFor();
      expect(await part.locator('.command').innerText()).toContain('/usr/bin/ffmpeg');
      await page.getByLabel('Program', { exact: true }).selectOption('git log');
      await part.getByRole('img').nth(1).waitFor();
      expect(await part.locator('.command').innerText()).toBe('/usr/bin/git log');
      expect(await part.locator('.reason').first().innerText()).toContain('git is not for it');
      await page.getByRole('img', { name: 'Pages in memory under got-plt lazy' }).waitFor();
      expect(await titles(page)).toEqual([
        'Memory of all programs together, by system',
        'Private memory of a process against start-up time',
        'Start-up of every timed run, by system',
        'Memory of processes of one program as their number grows',
        'Address space under got-plt lazy',
        'Address space under prelink files',
        'Pages in memory under got-plt lazy, by reason',
        'How likely names of libraries, hashed to addresses, collide',
        'How a hashed dispatcher fills up',
      ]);
    });
  });

  it('sorts the table of all', async () => {
    await open('several', {}, async (page) => {
      const heading = together(page).getByRole('columnheader', { name: 'Mappings' });
      await heading.getByRole('button').click();
      const first = await together(page).locator('tbody tr th').first().innerText();
      expect(first).toMatch(/^image\s+partitions/);
    });
  });

  it('says which program a doubt is about', async () => {
    await open('several', {}, async (page) => {
      const doubts = await page.locator('.warnings li').allInnerTexts();
      expect(doubts.at(-2)).toContain('git log: image direct');
      expect(doubts.at(-1)).toMatch(/^Few runs\s*3 runs of each/);
    });
  });
});
