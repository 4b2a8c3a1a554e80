/** Sums over the mappings of a process. */
import { pageSize } from '../util/units.ts';
import { reasons, type Area, type MappingPages, type PagesReport, type Reason, type Total } from './pages.ts';

/** kB of 1,024 bytes, as the kernel's. */
const kbOf = (pages: number): number => (pages * pageSize) / 1024;

/** Private pages by reason (in the order of `reasons`) and area, and all of them. */
export function privateTotals(
  mappings: readonly MappingPages[],
): Pick<PagesReport, 'totals' | 'privatePages' | 'privateKb'> {
  const sums = new Map<string, { reason: Reason; area: Area; pages: number }>();
  for (const { area, why } of mappings)
    for (const { reason, pages } of why) {
      const sum = sums.get(`${reason} ${area}`) ?? { reason, area, pages: 0 };
      sum.pages += pages;
      sums.set(`${reason} ${area}`, sum);
    }
  const totals: Total[] = [...sums.values()]
    .sort((a, b) => reasons.indexOf(a.reason) - reasons.indexOf(b.reason) || b.pages - a.pages)
    .map((sum) => ({ ...sum, kb: kbOf(sum.pages) }));
  const privatePages = totals.reduce((sum, { pages }) => sum + pages, 0);
  return { totals, privatePages, privateKb: kbOf(privatePages) };
}
