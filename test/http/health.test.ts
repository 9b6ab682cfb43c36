import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { projections } from '../../projections/index.ts';
import { type Health, metricsOf, readyz } from '../../src/http/health.ts';
import { type Call, caller } from '../support/client.ts';
import { type Program, startProgram } from '../support/program.ts';

let program: Program;
let call: Call;

beforeAll(async () => {
  program = await startProgram();
  call = caller(program.url);
});
afterAll(async () => {
  await program?.stop();
});

describe('health', () => {
  test('livez answers while the process lives', async () => {
    expect((await call('GET', '/livez')).status).toBe(200);
  });

  test('readyz tells with verbose how far each reader is', async () => {
    const { status, body } = await call('GET', '/readyz?verbose');
    expect(status).toBe(200);
    expect(body.ledger.reachable).toBe(true);
    expect(body.projections.map((p: { name: string }) => p.name)).toEqual(projections.map(({ name }) => name));
    expect(body.projections.every((p: { poisoned?: unknown }) => p.poisoned === undefined)).toBe(true);
  });

  test('nobody keeps an answer about health', async () => {
    for (const path of ['/livez', '/readyz', '/readyz?verbose']) {
      expect((await call('GET', path)).headers.get('cache-control')).toBe('no-store');
    }
  });

  const health: Health = {
    head: async () => 9,
    projections: () => [{ name: 'qrs', position: 4, poisoned: { position: 5, message: 'bad' } }],
    needsLedger: true,
    redirects: () => ({ position: 9, codes: 2, complete: false, spool: { bytes: 70, bytesMax: 900, filling: true } }),
    serving: () => true,
  };

  test('readyz is 503 while nothing can be served: before the start is over, and without the store', async () => {
    expect((await readyz(health, false)).status).toBe(200);
    expect((await readyz({ ...health, serving: () => false }, false)).status).toBe(503);
    const away = await readyz({ ...health, head: () => Promise.reject(new Error('away')) }, true);
    expect(away.status).toBe(503);
    expect(await away.json()).toMatchObject({ status: 'not ready', ledger: { reachable: false } });
    // A redirect node answers with what it knows.
    const alone = { ...health, needsLedger: false, head: () => Promise.reject(new Error('away')) };
    expect((await readyz(alone, false)).status).toBe(200);
  });

  test('what stopped is told by readyz and by metrics', async () => {
    const body = await (await readyz(health, true)).json();
    expect(body.projections).toEqual([
      { name: 'qrs', position: 4, behind: 5, poisoned: { position: 5, message: 'bad' } },
    ]);
    const text = await (await metricsOf(health).response()).text();
    expect(text).toContain('indelible_projection_poisoned{projection="qrs"} 1');
    expect(text).toContain('indelible_redirects 2');
  });

  test('what waits for the ledger is told by readyz and by metrics, and what its limit is', async () => {
    const text = await (await metricsOf(health).response()).text();
    for (const line of ['spool_bytes 70', 'spool_bytes_max 900', 'spool_filling 1', 'redirects_complete 0'])
      expect(text).toContain(`\nindelible_${line}\n`);
    const { redirects } = await (await readyz(health, true)).json();
    expect(redirects).toEqual(health.redirects());
  });

  test('a method that somebody made up makes no series of its own', async () => {
    const metrics = metricsOf(health);
    for (const method of ['BREW', 'X1', 'X2', 'GET']) metrics.observe('/v1/qr', method, 405, 1);
    const text = await (await metrics.response()).text();
    expect(text).toContain('{route="/v1/qr",method="other",status="405"} 3');
    expect(text).not.toContain('BREW');
  });

  test('metrics are in the Prometheus text format and count requests by route', async () => {
    await caller(program.url, program.key)('GET', '/v1/qr');
    const { body } = await call('GET', '/metrics');
    expect(body).toContain('indelible_http_requests_total{route="/v1/qr",method="GET",status="200"} 1');
    expect(body).toContain('indelible_position{of="ledger"}');
  });
});
