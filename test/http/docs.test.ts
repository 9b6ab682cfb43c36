import { beforeAll, describe, expect, test } from 'bun:test';
import { problems } from '../../src/problem.ts';
import { type Call, caller } from '../support/client.ts';
import type { Place } from '../support/program.ts';
import { sharedProgram } from '../support/shared-program.ts';

let program: Place;
let call: Call;

beforeAll(async () => {
  program = await sharedProgram();
  call = caller(program.url);
});

/** Addresses that a page makes a browser fetch by itself. */
const loaded = (html: string): string[] => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);

describe('the docs', () => {
  test('are a page whose parts are all here, with the types a browser insists on', async () => {
    const { status, headers, body } = await call('GET', '/docs');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const addresses = loaded(body);
    expect(addresses.sort()).toEqual(['/docs/start.js', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css']);
    for (const address of addresses) {
      const part = await call('GET', address);
      expect(part.status).toBe(200);
      expect(part.headers.get('content-type')).toBe(address.endsWith('.css') ? 'text/css' : 'text/javascript');
    }
    expect((await call('GET', '/docs/start.js')).body).toContain("url:'/openapi.json'");
  });

  test('forbid the browser to ask anybody else', async () => {
    for (const path of ['/docs', '/docs/problems']) {
      const policy = (await call('GET', path)).headers.get('content-security-policy')!;
      const sources = policy.split(';').flatMap(rule => rule.trim().split(/\s+/).slice(1));
      expect(policy).toContain("default-src 'none'");
      expect(new Set(sources)).toEqual(new Set(["'none'", "'self'", "'unsafe-inline'", 'data:']));
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    }
  });

  test('draw on no foreign host: neither the style sheet nor the script that starts it', async () => {
    const css = (await call('GET', '/docs/swagger-ui.css')).body as string;
    const drawn = [...css.matchAll(/url\(["'\s]*([^)]*)/g)].map(([, address]) => address!);
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.filter(address => !address.startsWith('data:'))).toEqual([]);
    expect(css).not.toContain('@import');
    expect((await call('GET', '/docs/start.js')).body).not.toMatch(/https?:|\/\//);
    expect((await call('GET', '/docs/start.js')).body).toContain('validatorUrl:null');
  });

  test('explain every problem code where its type leads', async () => {
    const { body } = await call('GET', '/docs/problems');
    for (const [code, [status, title]] of Object.entries(problems)) {
      expect(body).toContain(`<tr id="${code}"><td><code>${code}</code><td>${status}<td>${title}`);
    }
    const refused = await call('GET', '/v1/qr');
    const { pathname, hash } = new URL(refused.body.type);
    expect([pathname, hash]).toEqual(['/docs/problems', '#missing_key']);
  });
});
