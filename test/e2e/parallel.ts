/**
 * Many requests at a time, but never more than a limit: as many clients, each of which sends its next request when it
 * has the answer to the last one.
 */

/** Applies `work` to every item, `limit` at a time; results in the order of the items. The first error ends it. */
export async function parallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const client = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: limit }, client));
  return results;
}
