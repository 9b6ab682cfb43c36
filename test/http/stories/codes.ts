/**
 * Every route of codes, pictures, saved looks and the ledger, with answers of each kind that it gives.
 */
import { expect } from 'bun:test';
import { caller, iPhone } from '../../support/client.ts';
import { logoForm } from '../../support/form.ts';
import { plainSvg } from '../../support/logos.ts';
import type { Story, Telling } from './story.ts';

export const codes: Story = async story => {
  const { url, call, tell } = story;
  const json = { destination: 'https://example.com/', label: 'Story', slug: 'story', style: { dotColor: '#123' } };
  story.id = (await tell('POST /v1/qr/create', '', { json })).body.id;
  await caller(url)('GET', '/story', { headers: { 'user-agent': iPhone, 'x-forwarded-for': '8.8.8.8' } });
  await tell('POST /v1/qr/create', '', { json });
  await tell('POST /v1/qr/create', '', { json: { destination: 'x', slug: 'admin', y: 1 } });
  await tell('POST /v1/qr/create', '', { raw: '{', headers: { 'content-type': 'application/json' } });
  await tell('POST /v1/qr/create', '', { raw: '{', headers: { 'content-type': 'text/plain' } });
  await tell('POST /v1/qr/create', '', { json, headers: { authorization: 'Bearer nobody' } });
  await tell('POST /v1/qr/bulk', '', { json: { codes: [{ destination: json.destination }, json] } });
  await tell('POST /v1/qr/bulk', '', { json: { codes: [{ destination: json.destination }] } });
  await tell('GET /v1/qr');
  await tell('GET /v1/qr', '?limit=1&search=example');
  await tell('GET /v1/qr', '?page=0');
  await tell('GET /v1/qr/{id}');
  await tell('GET /v1/qr/{id}', '', { headers: { 'if-none-match': '"1"' } });
  await tell('PATCH /v1/qr/{id}', '', { json: { label: null }, headers: { 'if-match': '"9"' } });
  await tell('PATCH /v1/qr/{id}', '', { json: { label: null } });
  const [made] = (await call('GET', `/v1/events?stream=${story.id}`)).body.data;
  await tell('GET /v1/qr/{id}', `?asOf=${made.position}`);
  await tell('GET /v1/qr', `?asOf=${made.position}&sort=label`);
  await tell('PATCH /v1/qr/{id}', '', { json: { routing: { maxScans: 1_000, expiresAt: '2099-01-01T00:00:00Z' } } });
  await tell('POST /v1/qr/{id}/simulate', '', { json: { country: 'DE' } });
  await tell('POST /v1/qr/{id}/simulate', '', { json: { country: 'Germany' } });
  await tell('GET /v1/qr/{id}/history');
  await tell('GET /v1/tags');
  await tell('GET /v1/folders');
  await tell('GET /v1/qr/{id}/analytics');
  await tell('GET /v1/qr/{id}/image');
  await tell('GET /v1/qr/{id}/image', '?format=svg');
  await tell('GET /v1/qr/{id}/image', '?format=pdf');
  await tell('GET /v1/qr/{id}/image', '?check=true');
  await tell('GET /v1/qr/{id}/image', '?size=1');
  await tell('POST /v1/qr/{id}/logo', '', logoForm(plainSvg));
  await tell('POST /v1/qr/{id}/logo', '', logoForm('GIF89a'));
  await tell('POST /v1/qr/{id}/logo', '', logoForm(new Uint8Array(3_000_000)));
  await tell('DELETE /v1/qr/{id}/logo');
  await tell('POST /v1/qr/preview', '', { json: { destination: json.destination } });
  await tell('POST /v1/qr/preview', '', { json: { destination: json.destination, check: true } });
  await tell('POST /v1/qr/sheet', '', { json: { ids: [story.id] } });
  await tell('POST /v1/qr/sheet', '', { json: { ids: ['qr_x'] } });
  await tell('GET /v1/qr/export', '?format=zip');
  await tell('GET /v1/qr/export', '?format=csv');
  await tell('GET /v1/qr/export', '?format=ndjson');
  const code = story.id;
  story.id = (await tell('POST /v1/styles', '', { json: { name: 'A', style: json.style } })).body.id;
  await tell('POST /v1/styles', '', { json: { name: 'A', style: { dotColor: '#eee' } } });
  await tell('GET /v1/styles');
  await tell('GET /v1/styles/{id}');
  await tell('PATCH /v1/styles/{id}', '', { json: { name: 'B' } });
  await tell('DELETE /v1/styles/{id}');
  await tell('POST /v1/styles/{id}/erase');
  await tell('GET /v1/styles/{id}');
  story.id = code;
  await tell('GET /v1/account/usage');
  await tell('GET /v1/events');
  await tell('GET /v1/events', '?format=ndjson');
  await tell('DELETE /v1/qr/{id}');
  await tell('DELETE /v1/qr/{id}');
  await tell('POST /v1/qr/{id}/restore', '', { json: {} });
  await tell('POST /v1/qr/{id}/restore', '', { json: { version: 99 } });
  const { body } = await call('GET', '/v1/events?type=scan.recorded');
  story.id = String(body.data[0].position);
  await tell('GET /v1/scans/{position}/explain');
  story.id = code;
  await tell('POST /v1/qr/{id}/erase', '', { json: {} });
  await tell('POST /v1/qr/{id}/restore', '', { json: {} });
  story.id = '0';
  await tell('GET /v1/scans/{position}/explain');
  await erased(story);
};

/** Codes with whatever can be personal in them: before they were erased, and as of then. */
async function erased(story: Telling): Promise<void> {
  const { call, tell } = story;
  const filed = { label: 'Lobby', folder: 'House', tags: ['lobby'] };
  const style = { frame: { shape: 'banner-bottom', text: 'ONLINE' } };
  const wifi = { type: 'wifi', content: { ssid: 'Guests', password: 'correct horse' }, style, ...filed };
  const destination = 'https://example.com/lunch';
  const routing = {
    rules: [{ name: 'lunch', when: { query: { room: '7' } }, destination }],
    schedule: [{ at: '2099-01-01T00:00:00Z', destination }],
  };
  for (const [json, change] of [
    [wifi, { content: { ssid: 'Others' } }],
    [
      { destination, ...filed },
      { destination: `${destination}/2`, routing },
    ],
  ]) {
    story.id = (await tell('POST /v1/qr/create', '', { json })).body.id;
    expect((await tell('PATCH /v1/qr/{id}', '', { json: change })).status).toBe(200);
    await tell('GET /v1/qr/{id}');
    const { data } = (await call('GET', `/v1/events?stream=${story.id}`)).body;
    await tell('POST /v1/qr/{id}/erase', '', { json: {} });
    await tell('GET /v1/qr/{id}/history');
    for (const { position } of data) await tell('GET /v1/qr/{id}', `?asOf=${position}`);
    await tell('GET /v1/qr', `?asOf=${data.at(-1).position}`);
  }
}
