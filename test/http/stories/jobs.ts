/**
 * Every route of bulk changes, imports and jobs, and of simulated scans.
 */
import { until } from '../../support/until.ts';
import type { Story } from './story.ts';

export const jobs: Story = async story => {
  const { call, tell } = story;
  const json = { destination: 'https://example.com/' };
  const made = (await call('POST', '/v1/qr/bulk', { json: { codes: [json, json, json] } })).body.codes;
  const ids = made.map(({ id }: { id: string }) => id);
  const async = { headers: { prefer: 'respond-async' } };
  await tell('PATCH /v1/qr/bulk', '', { json: { codes: [{ id: ids[0], label: 'A' }] } });
  await tell('PATCH /v1/qr/bulk', '', { json: { codes: [{ id: 'qr_0', label: 'A' }] } });
  await tell('DELETE /v1/qr/bulk', '', { json: { ids: [ids[2]] } });
  await tell('DELETE /v1/qr/bulk', '', { json: { ids: [] } });
  const job = await call('PATCH', '/v1/qr/bulk', { json: { codes: [{ id: ids[0], label: 'B' }] }, ...async });
  story.id = job.body.id;
  await until(async () => (await call('GET', `/v1/jobs/${story.id}`)).body.status === 'finished', 10_000);
  const csv = { raw: 'destination\nhttps://example.com/1\nnowhere\n', headers: { 'content-type': 'text/csv' } };
  await tell('POST /v1/qr/import', '?dryRun=true', csv);
  await tell('POST /v1/qr/import', '?columns=x', csv);
  await tell('GET /v1/jobs');
  await tell('GET /v1/jobs/{id}');
  await tell('GET /v1/jobs/{id}', '', { headers: { 'if-none-match': '*' } });
  await tell('GET /v1/jobs/{id}/rows');
  await tell('GET /v1/jobs/{id}/rows', '?outcome=some');
  const rows = Array.from({ length: 30_000 }, () => json);
  const raw = rows.map(row => JSON.stringify(row)).join('\n');
  const big = await call('POST', '/v1/qr/import', { raw, headers: { 'content-type': 'application/x-ndjson' } });
  const over = story.id;
  story.id = big.body.id;
  await tell('POST /v1/jobs/{id}/cancel');
  story.id = over;
  await tell('POST /v1/jobs/{id}/cancel');
  const trial = (await call('POST', '/v1/keys', { json: { name: 'T', scope: 'write', mode: 'test' } })).body.key;
  const headers = { authorization: `Bearer ${trial}` };
  story.id = (await call('POST', '/v1/qr/create', { json, headers })).body.id;
  await tell('POST /v1/qr/{id}/scans/simulate', '', { json: { count: 2 }, headers });
  await tell('POST /v1/qr/{id}/scans/simulate', '', { json: { count: 0 }, headers });
};
