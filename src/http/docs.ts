/**
 * Pages to read the API's description in, and the list of problem codes. Everything is served from here and the
 * content security policy says so, so that a browser asks nobody else.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problems } from '../problem.ts';

const swagger = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/swagger-ui.css')));
const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};

const csp =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";
const page = (title: string, body: string): Response =>
  new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>${title}</title>${body}</html>`,
    { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': csp } },
  );

/** Answers `/docs` and what lies below it; undefined when there is nothing. */
export async function docs(path: string): Promise<Response | undefined> {
  if (path === '/docs' || path === '/docs/') {
    return page(
      'Indelible API',
      '<link rel="stylesheet" href="/docs/swagger-ui.css"><div id="swagger-ui"></div>' +
        '<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>',
    );
  }
  if (path === '/docs/start.js') {
    const script = "SwaggerUIBundle({url:'/openapi.json',dom_id:'#swagger-ui',deepLinking:true,validatorUrl:null})";
    return new Response(script, { headers: { 'content-type': 'text/javascript' } });
  }
  if (path === '/docs/problems') {
    const rows = Object.entries(problems).map(
      ([code, [status, title]]) => `<tr id="${code}"><td><code>${code}</code><td>${status}<td>${title}`,
    );
    const head =
      '<style>body{font:16px/1.5 system-ui;margin:2rem}td,th{padding:.2rem 1rem .2rem 0;text-align:left}</style>';
    return page(
      'Problem codes',
      `${head}<h1>Problem codes</h1><table><tr><th>code<th>status<th>title${rows.join('')}</table>`,
    );
  }
  const name = path.slice('/docs/'.length);
  if (!Object.hasOwn(assets, name)) return undefined;
  return new Response(await readFile(join(swagger, name)), {
    headers: { 'content-type': assets[name]!, 'cache-control': 'public, max-age=86400' },
  });
}
