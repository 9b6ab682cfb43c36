/**
 * Jobs as a test asks for them and follows them: a file of rows, and what became of it and of each row.
 */
import type { Call } from './client.ts';
import { until } from './until.ts';

/** Rows as the body of an import. */
export const ndjson = (rows: readonly unknown[]) => ({
  raw: rows.map(row => JSON.stringify(row)).join('\n'),
  headers: { 'content-type': 'application/x-ndjson' },
});

/** So many rows, each with another destination. */
export const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ destination: `https://example.com/${i}` }));

/** The job when it is over. */
export const jobOver = (call: Call, id: string) =>
  until(async () => {
    const { body } = await call('GET', `/v1/jobs/${id}`);
    return ['finished', 'cancelled', 'failed'].includes(body.status) ? body : undefined;
  }, 100_000);

/** What the first thousand of its rows came to. */
export const jobRows = async (call: Call, id: string, query = '') =>
  (await call('GET', `/v1/jobs/${id}/rows?limit=1000${query}`)).body.data;
