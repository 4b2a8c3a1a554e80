/**
 * Saves the main plot of ffmpeg from docs/reports/everyday.html as SVG, light and dark, for the README: what the page's own button
 * saves. Needs Debian's chromium.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const reports = fileURLToPath(new URL('../docs/reports/', import.meta.url));
const executablePath = '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  const context = await browser.newContext({
    offline: true,
    viewport: { width: 1000, height: 900 },
    colorScheme,
  });
  const page = await context.newPage();
  await page.goto(`file://${reports}everyday.html`);
  await page.getByLabel('Program', { exact: true }).selectOption('ffmpeg');
  const plot = page.locator('#memory-against-start-up');
  await plot.scrollIntoViewIfNeeded();
  await plot.locator('.chart svg').waitFor();
  const download = page.waitForEvent('download');
  await plot.getByRole('button', { name: 'SVG' }).press('Enter');
  await (await download).saveAs(`${reports}ffmpeg-${colorScheme}.svg`);
  await context.close();
}
await browser.close();
