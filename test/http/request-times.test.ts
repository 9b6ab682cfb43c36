import { describe, expect, test } from 'bun:test';
import { RequestTimes } from '../../src/http/request-times.ts';

describe('request times', () => {
  test('are counted by route, method and status, and by the bounds that they keep', () => {
    const times = new RequestTimes();
    for (const ms of [0.5, 1, 30, 9_000]) times.observe('redirect', 'GET', 302, ms);
    times.observe('redirect', 'HEAD', 404, 1);
    times.observe('/v1/qr', 'BREW', 405, 2);
    const lines = times.text().split('\n');
    expect(lines.filter(line => line.startsWith('indelible_http_requests_total{'))).toEqual([
      'indelible_http_requests_total{route="redirect",method="GET",status="302"} 4',
      'indelible_http_requests_total{route="redirect",method="HEAD",status="404"} 1',
      'indelible_http_requests_total{route="/v1/qr",method="other",status="405"} 1',
    ]);
    const redirect = lines.filter(line => line.includes('_seconds') && line.includes('"redirect"'));
    expect(redirect.map(line => line.slice('indelible_http_request_seconds'.length))).toEqual([
      ...[0.001, 0.0025, 0.005, 0.01, 0.025].map(le => `_bucket{le="${le}",route="redirect"} 3`),
      ...[0.05, 0.1, 0.25, 0.5, 1, 2.5].map(le => `_bucket{le="${le}",route="redirect"} 4`),
      '_bucket{le="+Inf",route="redirect"} 5',
      '_sum{route="redirect"} 9.0325',
      '_count{route="redirect"} 5',
    ]);
  });

  test('of nothing are two series without a value', () => {
    expect(new RequestTimes().text().match(/^# TYPE .*$/gm)).toEqual([
      '# TYPE indelible_http_requests_total counter',
      '# TYPE indelible_http_request_seconds histogram',
    ]);
  });
});
