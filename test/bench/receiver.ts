/**
 * The other end of the benchmark `webhooks`, in a process of its own: it takes what it is sent, notes under which id and
 * how long after the event it came, and answers questions about it afterwards. Of paths below `/tar/` it can be told to
 * swallow every request.
 */
const seen = new Map<string, number>();
let repeated = 0;
let swallowing = false;
/** Milliseconds from the event to its first byte here, of what was not swallowed. */
let delays: number[] = [];

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const at = Date.now();
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/mode') {
      swallowing = searchParams.get('tar') === '1';
      return new Response(null, { status: 204 });
    }
    if (pathname === '/begin') {
      seen.clear();
      repeated = 0;
      delays = [];
      return new Response(null, { status: 204 });
    }
    if (pathname === '/told') {
      const ids = (await request.json()) as string[];
      return Response.json({ missing: ids.filter(id => !seen.has(id)), last: Math.max(...seen.values()) });
    }
    if (pathname === '/delays') return Response.json({ delays, repeated, count: seen.size });
    if (pathname.startsWith('/tar/') && swallowing) return new Promise<Response>(() => {});
    const id = request.headers.get('webhook-id')!;
    const text = await request.text();
    if (seen.has(id)) repeated += 1;
    seen.set(id, at);
    // The event's own time stands at the beginning of the body.
    if (!pathname.startsWith('/tar/')) delays.push(at - Date.parse(/"timestamp":"([^"]+)"/.exec(text)![1]!));
    return new Response(null, { status: 204 });
  },
});
console.log(server.port);

/** Makes this file a module. */
export {};
