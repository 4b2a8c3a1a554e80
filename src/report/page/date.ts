/** A moment as whoever reads the page has it, with their zone. */
const format = {
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
} as const;

export function formatDate(date: string): string {
  return new Date(date).toLocaleString('en', { ...format, timeZoneName: 'short' });
}
