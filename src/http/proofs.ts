/**
 * Proofs of the ledger for whoever does not want to believe it: the public key, signed checkpoints to keep, that an own
 * event is in the ledger, and that the ledger goes on from what was kept. Each is given as JSON, and as the text that
 * `bun run audit verify` and other tools of C2SP's formats take. Of what is others' nobody sees more than hashes.
 */
import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { invalid, Problem } from '../problem.ts';
import { base64 } from '../proofs/checkpoint.ts';
import { verifierLine } from '../proofs/note.ts';
import type { Signed } from '../proofs/prover.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { asks } from './query.ts';
import { json } from './replies.ts';
import { NoQuery } from './schemas.ts';
import { Closed, OneOf } from './shapes.ts';

const Format = Type.Optional(OneOf(['json', 'text'], 'json unless text/plain is asked for'));
const query = <const P extends TObject['properties']>(properties: P) => Closed({ ...properties, format: Format });
const Size = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

const Hash = Type.String({ description: 'SHA-256 in base 64' });
const Key = Type.Object(
  {
    origin: Type.String({ description: 'Name of the ledger and of the key' }),
    algorithm: Type.Literal('Ed25519'),
    publicKey: Type.String({ description: '32 bytes in base 64' }),
    verifier: Type.String({ description: 'All of it in one line, as tools for signed notes take it' }),
  },
  { title: 'LedgerKey' },
);
const Checkpoint = Type.Object(
  {
    origin: Type.String(),
    size: Type.Integer({ description: 'Events in the ledger' }),
    root: Hash,
    organization: Type.Optional(
      Type.Object(
        { id: Type.String(), size: Type.Integer(), root: Hash },
        { description: "The tree over the organisation's own events" },
      ),
    ),
    note: Type.String({ description: 'The signed checkpoint; keep it' }),
  },
  { title: 'Checkpoint' },
);
const Inclusion = Type.Object(
  {
    position: Type.Integer(),
    index: Type.Integer({ description: 'Position less 1' }),
    entry: Type.String({ description: 'The stored event behind its position: what is hashed as the leaf' }),
    leaf: Hash,
    path: Type.Array(Hash),
    checkpoint: Checkpoint,
  },
  { title: 'InclusionProof' },
);
const Consistency = Type.Object(
  {
    from: Type.Integer(),
    to: Type.Integer(),
    path: Type.Array(Hash),
    checkpoint: Checkpoint,
  },
  { title: 'ConsistencyProof' },
);

const InclusionQuery = query({ position: Size('Place of an own event in the ledger') });
const ConsistencyQuery = query({
  from: Size('Size of the ledger in the checkpoint that was kept'),
  to: Type.Optional(Size('Size of a later one; the present one when absent')),
});

export function proofs(deps: ApiDeps) {
  const { prover } = deps;
  const checkpointShown = ({ size, root, own, note }: Signed): Static<typeof Checkpoint> => ({
    origin: prover.signer.name,
    size,
    root: base64(root),
    ...(own && { organization: { id: own.org, size: own.size, root: base64(own.root) } }),
    note,
  });
  /** Everything this process has answered is in what is proven. */
  const current = (atLeast = 0) => deps.grown(Math.max(atLeast, deps.execution.ledger.position));

  return new Elysia({ name: 'proofs', prefix: '/v1/proofs', tags: ['Audit'] })
    .get(
      '/key',
      ({ request }) => {
        callerOf(request, 'audit');
        const { name, publicKey } = prover.signer;
        const verifier = verifierLine(prover.signer);
        return json({ origin: name, algorithm: 'Ed25519', publicKey: base64(publicKey), verifier });
      },
      {
        query: NoQuery,
        response: { 200: Key },
        detail: { operationId: 'getLedgerKey', summary: 'The public key that checkpoints are signed with' },
      },
    )
    .get(
      '/checkpoint',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'audit');
        await current();
        const checkpoint = await prover.checkpoint(access.org);
        return isText(query, request) ? text(checkpoint.note) : json(checkpointShown(checkpoint));
      },
      {
        ...asks(query({})),
        response: { 200: Checkpoint },
        detail: { operationId: 'getCheckpoint', summary: 'How large the ledger is and what its root is, signed' },
      },
    )
    .get(
      '/inclusion',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'audit');
        const { position } = query;
        if (position > (await deps.head())) throw noSuchEvent();
        await current(position);
        const proof = await prover.inclusion(access.org, position);
        if (!proof) throw noSuchEvent();
        if (isText(query, request)) return text(proof.file);
        const { entry, index, leaf, path, checkpoint } = proof;
        return json({
          position,
          index,
          entry,
          leaf: base64(leaf),
          path: path.map(base64),
          checkpoint: checkpointShown(checkpoint),
        });
      },
      {
        ...asks(InclusionQuery),
        response: { 200: Inclusion },
        detail: { operationId: 'proveInclusion', summary: 'Proof that an own event is in the ledger' },
      },
    )
    .get(
      '/consistency',
      async ({ query, request }) => {
        const { access } = callerOf(request, 'audit');
        const { from } = query;
        const head = await deps.head();
        const to = query.to ?? head;
        const names = ['from', 'to'] as const;
        const late = names.filter(name => (query[name] ?? 0) > head).map(name => tooLarge(name, head));
        if (late.length === 0 && from > to) late.push({ ...tooLarge('from', head), detail: '"from" is at most "to".' });
        if (late.length > 0) throw invalid(late);
        await current(to);
        const { path, checkpoint, file } = await prover.consistency(access.org, from, query.to);
        if (isText(query, request)) return text(file);
        const shown = checkpointShown(checkpoint);
        return json({ from, to: shown.size, path: path.map(base64), checkpoint: shown });
      },
      {
        ...asks(ConsistencyQuery),
        response: { 200: Consistency },
        detail: { operationId: 'proveConsistency', summary: 'Proof that the ledger goes on from a kept checkpoint' },
      },
    );
}

const noSuchEvent = (): Problem => new Problem('not_found', 'There is no such event.');
const tooLarge = (name: string, head: number) => ({
  pointer: `?${name}`,
  code: 'too_large',
  detail: `The ledger has ${head} events.`,
});

const isText = ({ format }: { format?: 'json' | 'text' | undefined }, request: Request): boolean =>
  (format ?? (request.headers.get('accept')?.includes('text/plain') ? 'text' : 'json')) === 'text';

const text = (body: string): Response =>
  new Response(body, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'private, no-store' },
  });
