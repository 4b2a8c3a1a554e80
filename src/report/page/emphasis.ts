/** Which systems a plot emphasises at first: those that the conclusion names. */
import type { MeasuredProgram } from '../../measure/measurement.ts';
import { nameOf } from '../../measure/measurement.ts';
import { findWinners, isMeasured } from '../conclusion.ts';
import { frontOf } from './standing.ts';
import { pairsOf } from './trade-off.ts';

const most = 4;

/** The base line, the fastest, the most frugal, and others of the front. */
export function emphasisOf(program: MeasuredProgram): readonly string[] {
  const { baseLine, fastest, mostFrugal } = findWinners(program);
  const winners = [baseLine, fastest, mostFrugal].filter((result) => result !== undefined);
  const front = frontOf(pairsOf(program)).map(({ head }) => head);
  const measured = program.results.filter(isMeasured);
  const names = [...winners, ...front, ...measured].map(nameOf);
  return [...new Set(names)].slice(0, most);
}
