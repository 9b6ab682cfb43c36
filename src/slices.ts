/**
 * Work on many items in slices, with room for others in between: this process answers redirects too, and ten thousand
 * codes made in one piece kept every scan of that moment waiting for a third of a second.
 */

/** So long a redirect may wait for a slice, in milliseconds. */
const sliceMs = 5;

/** The results in the order of the items. Ends with the first item that throws; few items take no pause. */
export async function inSlices<T, R>(items: readonly T[], work: (item: T, i: number) => R): Promise<R[]> {
  const results: R[] = [];
  let begunAt = performance.now();
  for (const [i, item] of items.entries()) {
    results.push(work(item, i));
    if (performance.now() - begunAt < sliceMs || i === items.length - 1) continue;
    await new Promise(resolve => setImmediate(resolve));
    begunAt = performance.now();
  }
  return results;
}
