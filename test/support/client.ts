/**
 * The API as a test calls it: JSON in, status, headers and parsed body out. Redirects are not followed, because they
 * are what is looked at.
 */

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back
  readonly body: any;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** A caller of a program with a key, or without one. */
export function caller(url: string, key?: string): Call {
  return async (method, path, { headers = {}, json, raw } = {}) => {
    const body = json === undefined ? raw : JSON.stringify(json);
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
    const type = response.headers.get('content-type') ?? '';
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = () => new TextDecoder().decode(bytes);
    return {
      status: response.status,
      headers: response.headers,
      body:
        /json(;|$)/.test(type) && !type.includes('ndjson') && bytes.length > 0
          ? JSON.parse(text())
          : /^(text|application\/x-nd|image\/svg)/.test(type)
            ? text()
            : bytes,
    };
  };
}

export const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
