/**
 * Forms with a file, byte by byte as a browser sends them, and open to mistakes that no browser makes.
 */
import type { CallOptions } from './client.ts';

const boundary = 'form-boundary-7MA4YWxkTrZu0gW';
const encoder = new TextEncoder();

export interface FormPart {
  readonly name: string;
  readonly data: string | Uint8Array;
  /** A part without one is a plain field. */
  readonly filename?: string;
  readonly type?: string;
}

/** What to give to a caller: the body and its content type. */
export function formOf(...parts: readonly FormPart[]): CallOptions {
  const chunks = parts.flatMap(({ name, data, filename, type }) => [
    encoder.encode(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename ? `; filename="${filename}"` : ''}\r\n` +
        `${type ? `Content-Type: ${type}\r\n` : ''}\r\n`,
    ),
    typeof data === 'string' ? encoder.encode(data) : data,
    encoder.encode('\r\n'),
  ]);
  const raw = new Uint8Array(Buffer.concat([...chunks, encoder.encode(`--${boundary}--\r\n`)]));
  return { raw, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}

/** A form with one logo. */
export const logoForm = (data: string | Uint8Array, filename = 'logo.svg', type = 'image/svg+xml'): CallOptions =>
  formOf({ name: 'file', data, filename, type });

/** Path of the logo that an answer to such a form names; an answer without one is told in the error. */
export function logoPath(body: { readonly logoUrl?: string }): string {
  if (body.logoUrl === undefined) throw new Error(`no logo: ${JSON.stringify(body)}`);
  return new URL(body.logoUrl).pathname;
}
