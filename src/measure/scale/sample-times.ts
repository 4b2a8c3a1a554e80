/** Times of work that is done again as long as that takes no patience: what takes long is timed once. */

const mostSamples = 3;
const patienceMs = 600;

/** `work` answers its time, ms, or undefined where there was nothing to do: then there are no samples. */
export async function sampleTimes(work: () => Promise<number | undefined>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let left = patienceMs; left > 0 && samples.length < mostSamples;) {
    const ms = await work();
    if (ms === undefined) return samples;
    samples.push(ms);
    left -= ms;
  }
  return samples;
}
