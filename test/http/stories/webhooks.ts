/**
 * Every route of webhooks, their deliveries and their replays. The endpoint answers at the loopback interface, so the
 * program has to be started with that network allowed.
 */
import { startEndpoint } from '../../support/endpoint.ts';
import { until } from '../../support/until.ts';
import type { Story } from './story.ts';

export const webhooks: Story = async story => {
  const { tell, call } = story;
  const endpoint = await startEndpoint((_, response) => response.writeHead(503).end('not now, password=hunter2'));
  const json = { url: endpoint.url, events: ['qr.*'], tags: ['Menu'] };
  story.id = (await tell('POST /v1/webhooks', '', { json })).body.id;
  await tell('POST /v1/webhooks', '', {
    json: { url: 'http://10.0.0.1/', events: ['qr.*', 'qr.painted'], secret: 'x' },
  });
  await tell('GET /v1/webhooks', '?limit=1');
  await tell('GET /v1/webhooks/{id}');
  await tell('GET /v1/webhooks/{id}', '', { headers: { 'if-none-match': '*' } });
  await tell('PATCH /v1/webhooks/{id}', '', { json: { events: ['*'], tags: null } });
  await tell('PATCH /v1/webhooks/{id}', '', { json: { events: [] } });
  await tell('PATCH /v1/webhooks/{id}', '', { json: { events: ['*'] }, headers: { 'if-match': '"1"' } });
  await tell('POST /v1/webhooks/{id}/pause');
  await tell('POST /v1/webhooks/{id}/test', '', { json: { type: 'scan.created' } });
  await tell('POST /v1/webhooks/{id}/resume', '', { json: {} });
  await tell('POST /v1/webhooks/{id}/rotate', '', { json: { graceSeconds: 60 } });
  story.part = (await tell('POST /v1/webhooks/{id}/test', '', { json: { type: 'scan.created' } })).body.id;
  await tell('POST /v1/webhooks/{id}/test', '', { json: { type: 'scan.painted' } });

  const isTried = async () => {
    const { body } = await call('GET', `/v1/webhooks/${story.id}/deliveries/${story.part}`);
    return body.responseStatus === 503;
  };
  await until(isTried, 10_000);
  await tell('GET /v1/webhooks/{id}/deliveries', '?status=pending&type=scan.created');
  await tell('GET /v1/webhooks/{id}/deliveries', '?cursor=x');
  await tell('GET /v1/webhooks/{id}/deliveries/{message}');
  await tell('POST /v1/webhooks/{id}/deliveries/{message}/resend');
  story.part = 'msg_nobody_1';
  await tell('GET /v1/webhooks/{id}/deliveries/{message}');

  story.part = (await tell('POST /v1/webhooks/{id}/replays', '', { json: { from: 1, to: 5 } })).body.id;
  await tell('POST /v1/webhooks/{id}/replays', '', { json: { from: 'yesterday' } });
  await tell('GET /v1/webhooks/{id}/replays');
  await tell('GET /v1/webhooks/{id}/replays/{replay}');
  await tell('DELETE /v1/webhooks/{id}');
  await tell('POST /v1/webhooks/{id}/erase');
  await tell('GET /v1/webhooks/{id}');
  await endpoint.close();
};
