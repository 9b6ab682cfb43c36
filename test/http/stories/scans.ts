/**
 * Every route about scans, with answers of each kind that it gives.
 */
import { caller, iPhone } from '../../support/client.ts';
import type { Story } from './story.ts';

export const scans: Story = async story => {
  const { url, call, tell } = story;
  const json = { destination: 'https://example.com/', slug: 'scanned' };
  const { id } = (await call('POST', '/v1/qr/create', { json })).body;
  const headers = { 'user-agent': iPhone, 'x-forwarded-for': '8.8.8.8' };
  await caller(url)('GET', '/scanned?utm_source=story', { headers });
  await tell('GET /v1/analytics');
  await tell('GET /v1/analytics', `?codes=${id}&interval=hour&tz=Asia/Kolkata&top=1`);
  await tell('GET /v1/analytics', '?codes=qr_x');
  await tell('GET /v1/analytics', '?tz=Mars');
  await tell('GET /v1/scans', '?limit=1');
  await tell('GET /v1/scans', '?cursor=x');
  await tell('GET /v1/scans/export');
  await tell('GET /v1/scans/export', '?format=ndjson');
  await tell('GET /v1/scans/export', '?format=parquet');
  await tell('GET /v1/scans/live', '?codes=qr_x');
  await tell('GET /v1/scans/live', '?limit=1', { headers: { 'last-event-id': '0' } });
  story.id = (await tell('POST /v1/exclusions', '', { json: { utmSource: 'story', reason: 'Story' } })).body.id;
  await tell('POST /v1/exclusions', '', { json: { codes: ['qr_x'] } });
  await tell('POST /v1/exclusions', '', { json: {} });
  await tell('GET /v1/exclusions');
  await tell('GET /v1/exclusions/{id}');
  await tell('GET /v1/exclusions/{id}', '', { headers: { 'if-none-match': '"1"' } });
  await tell('GET /v1/analytics');
  await tell('POST /v1/exclusions/{id}/erase', '', { json: {} });
  await tell('DELETE /v1/exclusions/{id}', '', { headers: { 'if-match': '"9"' } });
  await tell('DELETE /v1/exclusions/{id}');
  await tell('DELETE /v1/exclusions/{id}');
};
