import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import pino from 'pino';
import { errorReporter } from '../src/log.ts';
import { until } from './support/until.ts';

/** A log that keeps what is written to it, parsed. */
function kept() {
  const lines: { msg: string; in?: string; repeated?: number; err?: { stack: string } }[] = [];
  const sink = new Writable({
    write: (chunk, _, done) => {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { lines, log: pino({ base: null }, sink) };
}

test('a burst of one error is one line, and the next line says how many there were', async () => {
  const { lines, log } = kept();
  const report = errorReporter(log);
  for (let i = 0; i < 1_000; i++) report(new Error('connection refused'), 'relay');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ msg: 'connection refused', in: 'relay' });
  expect(lines[0]!.err!.stack).toContain('log.test.ts');
  await until(() => {
    report(new Error('connection refused'), 'relay');
    return lines.length > 1;
  }, 5_000);
  expect(lines[1]!.repeated).toBeGreaterThanOrEqual(999);
});

test('errors of other places and other messages are told apart, and a string is an error too', () => {
  const { lines, log } = kept();
  const report = errorReporter(log);
  report(new Error('a'), 'relay');
  report(new Error('a'), 'feed');
  report(new Error('b'), 'relay');
  report('plain', 'relay');
  expect(lines.map(({ in: place, msg }) => `${place}: ${msg}`)).toEqual([
    'relay: a',
    'feed: a',
    'relay: b',
    'relay: plain',
  ]);
});

test('errors that are all different do not fill the memory or silence the log', () => {
  const { lines, log } = kept();
  const report = errorReporter(log);
  for (let i = 0; i < 2_500; i++) report(new Error(`error ${i}`), 'relay');
  expect(lines).toHaveLength(2_500);
});

/** What a process writes that logs one line of each level. */
function written(options: object) {
  const source = `import { openLog } from './src/log.ts';
    const log = openLog(${JSON.stringify(options)});
    log.debug('quiet'); log.info({ port: 1 }, 'hello'); log.error({ err: new Error('boom') }, 'failed');`;
  return spawnSync(process.execPath, ['-e', source], { cwd: `${import.meta.dirname}/..`, encoding: 'utf8' });
}

test('the log goes to standard error, from its level on, as JSON with a time that people read', () => {
  const { stdout, stderr } = written({ logLevel: 'info', logFormat: 'json' });
  expect(stdout).toBe('');
  const lines = stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines.map(({ msg }) => msg)).toEqual(['hello', 'failed']);
  expect(lines[0]).toMatchObject({ level: 30, port: 1 });
  expect(new Date(lines[0].time).toISOString()).toBe(lines[0].time);
  expect(lines[1].err).toMatchObject({ type: 'Error', message: 'boom' });
});

test('for people it is written in plain lines', () => {
  const { stdout, stderr } = written({ logLevel: 'debug', logFormat: 'pretty' });
  expect(stdout).toBe('');
  expect(stderr).toContain('quiet');
  expect(stderr).toContain('Error: boom');
  expect(() => JSON.parse(stderr.split('\n')[0]!)).toThrow();
});
