/** The report's page: reads the measurement that stands in it as JSON and shows it. */
import type { Measurement } from '../../measure/measurement.ts';
import { element } from './element.ts';
import { createFacts, createWarnings } from './facts.ts';
import { createHeadline } from './headline.ts';
import { createPrograms } from './programs.ts';
import './style.css';
import { createWorkload } from './workload.ts';

const data = document.getElementById('measurement')?.textContent ?? '';
// html.ts wrote it from a Measurement.
const measurement = JSON.parse(data) as Measurement;

const parts = [
  createHeadline(measurement),
  ...(measurement.programs.length > 1 ? createWorkload(measurement) : []),
  ...createPrograms(measurement),
  createWarnings(measurement),
  createFacts(measurement),
];
document.body.append(element('main', {}, ...parts));
