/**
 * The report's page: reads the data that stand in it and shows them, section by section in the order below. This script runs in a
 * browser: it and all that it imports from outside this folder need nothing of Node, and scripts/build.mjs bundles it.
 *
 * A plot is a function of a width. `createFigure` gives it choices, a caption and the buttons that save it, and draws it when it comes
 * into view or when the browser has time (idle.ts).
 */
import { createAdvice } from './advice-cards.ts';
import { createBeforeAfter } from './before-after-section.ts';
import { createContents } from './contents.ts';
import { createDownloads } from './downloads.ts';
import { element } from './element.ts';
import { createFacts, createWarnings } from './facts.ts';
import { createHeadline } from './headline.ts';
import { createCollisionCurves, createSaturationCurves } from './model-curves.ts';
import { createPrograms } from './programs.ts';
import { readData } from './read-data.ts';
import { createScaleGrowth } from './scale-growth.ts';
import './style.css';
import { createWorkload } from './workload.ts';

async function show(): Promise<void> {
  const data = await readData();
  const { measurement, scale, beforeAfter } = data;
  const parts = [
    beforeAfter && createBeforeAfter(beforeAfter),
    createAdvice(data),
    ...(measurement.programs.length > 1 ? createWorkload(measurement) : []),
    ...createPrograms(measurement),
    scale && createScaleGrowth(scale),
    createCollisionCurves(data),
    createSaturationCurves(data),
    createWarnings(measurement),
    createFacts(measurement),
    createDownloads(data),
  ].filter((part) => part !== undefined);
  document.body.append(element('main', {}, createHeadline(data), createContents(parts), ...parts));
}

void show();
