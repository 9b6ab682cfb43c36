import { beforeAll, describe, expect, test } from 'bun:test';
import { openCheckpoint } from '../../src/proofs/checkpoint.ts';
import { Frontier, leafHash } from '../../src/proofs/merkle.ts';
import { parseVerifier, type Verifier } from '../../src/proofs/note.ts';
import { checkConsistency, checkInclusion } from '../../src/proofs/proof-file.ts';
import { type Call, caller } from '../support/client.ts';
import { callerWith } from '../support/keys.ts';
import type { Place } from '../support/program.ts';
import { places, refusal } from '../support/refusal.ts';
import { sharedProgram } from '../support/shared-program.ts';
import { anotherOrganization, organizationOf } from '../support/tenants.ts';

let program: Place;
let call: Call;
let auditor: Call;
let other: Call;
let verifier: Verifier;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url, program.key);
  other = caller(program.url, (await anotherOrganization(program)).key);
  auditor = await callerWith(program, await organizationOf(program), { scope: 'audit' });
  verifier = parseVerifier((await auditor('GET', '/v1/proofs/key')).body.verifier)!;
});

const make = async (by = call) =>
  (await by('POST', '/v1/qr/create', { json: { destination: 'https://e.example/' } })).body;
const text = { headers: { accept: 'text/plain' } };
const eventsOf = async (stream: string, by = call) => (await by('GET', `/v1/events?stream=${stream}`)).body.data;

describe('an auditor', () => {
  test('keeps a checkpoint that holds what was answered before', async () => {
    const { id } = await make();
    const [{ position }] = await eventsOf(id);
    const { status, body } = await auditor('GET', '/v1/proofs/checkpoint');
    expect(status).toBe(200);
    expect(body.size).toBeGreaterThanOrEqual(position);
    const kept = openCheckpoint(body.note, verifier)!;
    expect([kept.origin, kept.size, kept.own?.org]).toEqual([body.origin, body.size, body.organization.id]);
    expect(Buffer.from(kept.root).toString('base64')).toBe(body.root);
    const note = await auditor('GET', '/v1/proofs/checkpoint', text);
    expect(note.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(openCheckpoint(note.body, verifier)!.size).toBeGreaterThanOrEqual(body.size);
    expect((await auditor('GET', '/v1/proofs/checkpoint?format=text')).body).toStartWith(`${body.origin}\n`);
  });

  test('proves that an own event is in the ledger, among those of others', async () => {
    await make(other);
    const { id } = await make();
    await make(other);
    const [{ position, stream }] = await eventsOf(id);
    const { body } = await auditor('GET', `/v1/proofs/inclusion?position=${position}`);
    expect(body).toMatchObject({ position, index: position - 1 });
    expect(body.entry).toStartWith(`${position}\t${stream}\t1\tqr.created\t`);
    expect(Buffer.from(body.leaf, 'base64').equals(leafHash(body.entry))).toBe(true);
    const file = (await auditor('GET', `/v1/proofs/inclusion?position=${position}&format=text`)).body;
    expect(checkInclusion(file, verifier)).toMatchObject({ entry: body.entry, index: position - 1 });
  });

  test('proves that the ledger goes on from what was kept', async () => {
    const kept = openCheckpoint((await auditor('GET', '/v1/proofs/checkpoint', text)).body, verifier)!;
    for (let i = 0; i < 5; i++) await make(i % 2 ? call : other);
    const file = (await auditor('GET', `/v1/proofs/consistency?from=${kept.size}`, text)).body;
    const later = checkConsistency(file, kept, verifier);
    expect(later.size).toBeGreaterThanOrEqual(kept.size + 5);
    const between = kept.size + 2;
    const { body } = await auditor('GET', `/v1/proofs/consistency?from=${kept.size}&to=${between}`);
    expect(body).toMatchObject({ from: kept.size, to: between, checkpoint: { size: between } });
    const goingOn = (await auditor('GET', `/v1/proofs/consistency?from=${kept.size}&to=${between}`, text)).body;
    const middle = checkConsistency(goingOn, kept, verifier);
    const rest = (await auditor('GET', `/v1/proofs/consistency?from=${between}`, text)).body;
    expect(checkConsistency(rest, middle, verifier).size).toBeGreaterThanOrEqual(later.size);
  });

  test('sees the tree over the own events, which is the same whatever others do', async () => {
    const tree = new Frontier();
    const { organization } = (await auditor('GET', '/v1/proofs/checkpoint')).body;
    const own = (await auditor('GET', '/v1/events?limit=1000')).body.data.slice(0, organization.size);
    for (const { position } of own) {
      const { entry } = (await auditor('GET', `/v1/proofs/inclusion?position=${position}`)).body;
      tree.push(leafHash(entry));
    }
    expect(Buffer.from(tree.root()).toString('base64')).toBe(organization.root);
  });
});

describe('proofs are refused', () => {
  test('of events of others, of what is not there yet, and where the question makes no sense', async () => {
    const { id } = await make(other);
    const [{ position }] = await eventsOf(id, other);
    refusal(await auditor('GET', `/v1/proofs/inclusion?position=${position}`), 404, 'not_found');
    refusal(await auditor('GET', '/v1/proofs/inclusion?position=99999999'), 404, 'not_found');
    refusal(await auditor('GET', '/v1/proofs/inclusion?position=99999999999'), 404, 'not_found');
    refusal(await auditor('GET', '/v1/proofs/inclusion?position=0'), 404, 'not_found');
    for (const [query, ...faults] of [
      ['inclusion', '?position required'],
      ['inclusion?position=x', '?position type'],
      ['inclusion?position=-1', '?position too_small'],
      ['consistency', '?from required'],
      ['consistency?from=99999999&to=99999998', '?from too_large', '?to too_large'],
      ['consistency?from=2&to=1', '?from too_large'],
      ['checkpoint?format=xml', '?format not_allowed'],
      ['key?format=text', '?format unknown_property'],
    ]) {
      const refused = refusal(await auditor('GET', `/v1/proofs/${query}`), 422, 'validation_failed');
      expect(places(refused)).toEqual(faults);
    }
  });

  test('to keys that may not read the ledger', async () => {
    const org = await organizationOf(program);
    const [reader, tester, narrow] = await Promise.all([
      callerWith(program, org, { scope: 'write' }),
      callerWith(program, org, { mode: 'test' }),
      callerWith(program, org, { tags: ['summer'] }),
    ]);
    for (const path of ['key', 'checkpoint', 'inclusion?position=1', 'consistency?from=1']) {
      refusal(await reader('GET', `/v1/proofs/${path}`), 403, 'scope_missing');
      refusal(await tester('GET', `/v1/proofs/${path}`), 403, 'not_permitted');
      refusal(await narrow('GET', `/v1/proofs/${path}`), 403, 'not_permitted');
    }
  });
});
