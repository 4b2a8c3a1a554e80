/** The report's page: reads the measurement that stands in it as JSON and shows it. */
import type { Measurement } from '../../measure/measurement.ts';
import { createCharts } from './charts.ts';
import { element, section } from './element.ts';
import { createFacts, createWarnings } from './facts.ts';
import { createHeadline } from './headline.ts';
import { createResultsTable } from './results-table.ts';
import './style.css';

const data = document.getElementById('measurement')?.textContent ?? '';
// html.ts wrote it from a Measurement.
const measurement = JSON.parse(data) as Measurement;

const parts = [
  createHeadline(measurement),
  ...createCharts(measurement),
  section('All figures', createResultsTable(measurement)),
  createWarnings(measurement),
  createFacts(measurement),
];
document.body.append(element('main', {}, ...parts));
