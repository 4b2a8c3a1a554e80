/** Opens pages in a real browser, offline, for tests. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { TestContext } from 'vitest';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { writeHtml } from '../../src/report/html.ts';
import type { Measurement } from '../../src/measure/measurement.ts';
import type { Beside } from '../../src/report/collect-report.ts';
import { patienceMs } from '../patience.ts';

const executablePath = '/usr/bin/chromium';

interface Look {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
  readonly hasTouch?: boolean;
}

/** Opens a page and runs `test`; anything on the console, and any request but for the file, fails. */
type Open = (name: string, look: Look, test: (page: Page) => Promise<void>) => Promise<void>;

/** Writes reports as pages, by their names, before the tests of a file, and starts a browser for them; skips all without one. */
export function withPages(
  reports: Readonly<Record<string, Beside & { readonly measurement: Measurement }>>,
): Open {
  const directory = mkdtempSync(path.join(tmpdir(), 'linkonce-html-'));
  let browser: Browser | undefined;
  beforeAll(async () => {
    for (const [name, { measurement, ...beside }] of Object.entries(reports))
      await writeHtml(measurement, path.join(directory, `${name}.html`), beside);
    if (existsSync(executablePath))
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  });
  beforeEach((context: TestContext) => {
    if (browser === undefined) context.skip('no browser: Chromium is not installed');
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return async (name, look, test) => {
    const { width = 1200, ...rest } = look;
    const context = await browser!.newContext({ offline: true, viewport: { width, height: 800 }, ...rest });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const noise = listen(page, name);
    await page.goto(`file://${path.join(directory, name)}.html`);
    if (look.javaScriptEnabled !== false) await page.locator('main').waitFor();
    await test(page);
    await context.close();
    expect(noise).toEqual([]);
  };
}

/** A plot that is saved as PNG is drawn from an image whose address is its own data. */
function listen(page: Page, name: string): readonly string[] {
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.endsWith(`/${name}.html`) && !/^(data|blob):/.test(url)) noise.push(`request for ${url}`);
  });
  return noise;
}

/** Charts that are not to be seen yet are drawn when the browser has time. */
export function allDrawn(page: Page): Promise<unknown> {
  return page.waitForFunction(() => performance.getEntriesByName('linkonce-all-drawn').length > 0);
}

/** Of all plots, in their order. */
export function titles(page: Page): Promise<readonly string[]> {
  return page.locator('svg[role=img] > title').allTextContents();
}
