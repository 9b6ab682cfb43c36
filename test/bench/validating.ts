/**
 * The other side of `create`, a program of its own: an Elysia route that validates the body of `POST /v1/qr/create` and
 * does nothing with it.
 */
import { Elysia } from 'elysia';
import { QrCreate } from '../../src/http/schemas.ts';

const server = new Elysia({ normalize: false })
  .post('/v1/qr/create', ({ status }) => status(201, { created: true }), { body: QrCreate })
  .listen({ port: 0, hostname: '127.0.0.1' });
console.log(server.server!.port);
