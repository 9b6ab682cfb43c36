/**
 * The README's snippets verify messages as they were really sent: by the languages that are installed here. Each is
 * taken out of the README word by word, given something to read its input with, and asked about messages that are
 * right, during a rotation too, and about some that are not.
 */
import { describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchDirectory } from '../support/postgres.ts';
import { secretOf, testSecret } from '../support/telling.ts';
import { rig, signedHeaders } from '../webhooks/rig.ts';

const { begin, listen } = rig();
/** Go compiles its standard library at its first run, ten seconds of a core that is not always free. */
const compileMs = 110_000;
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The one block of this language in the section on webhooks. */
function snippet(language: string): string {
  const section = readme.slice(readme.indexOf('\n## Webhooks'), readme.indexOf('\n## Codemap'));
  const blocks = [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))];
  expect(blocks).toHaveLength(1);
  return blocks[0]![1]!;
}

/** A case as a program reads it: headers, the body in base64, and the secret. */
interface Case {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly secret: string;
}

/** How each language reads cases from standard input and says `yes` or `no` to each, a line each. */
const languages: Readonly<Record<string, { file: string; run: string[]; around: (code: string) => string }>> = {
  js: {
    file: 'verify.mjs',
    run: ['node'],
    around: code => `${code}
      import { readFileSync } from 'node:fs';
      for (const { headers, body, secret } of JSON.parse(readFileSync(0, 'utf8'))) {
        try { verify(headers, Buffer.from(body, 'base64'), secret); console.log('yes'); } catch (error) { console.log('no'); }
      }`,
  },
  python: {
    file: 'verify.py',
    run: ['python3'],
    around: code => `${code}
import sys
for case in json.load(sys.stdin):
    try:
        verify(case["headers"], base64.b64decode(case["body"]), case["secret"])
        print("yes")
    except Exception:
        print("no")
`,
  },
  php: {
    file: 'verify.php',
    run: ['php'],
    around: code => `<?php
${code}
foreach (json_decode(file_get_contents('php://stdin'), true) as $case) {
    try {
        verify($case['headers'], base64_decode($case['body']), $case['secret']);
        echo "yes\\n";
    } catch (Throwable $error) {
        echo "no\\n";
    }
}`,
  },
  go: {
    file: 'main.go',
    run: ['go', 'run'],
    around: code => `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

${code}
func main() {
	var cases []struct {
		Headers map[string]string
		Body    []byte
		Secret  string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	for _, each := range cases {
		given := each.Headers
		id, timestamp, signatures := given["webhook-id"], given["webhook-timestamp"], given["webhook-signature"]
		if verify(id, timestamp, signatures, each.Body, each.Secret) == nil {
			fmt.Println("yes")
		} else {
			fmt.Println("no")
		}
	}
}
`,
  },
};

/** What the program in this language says to each case. */
function verdicts(language: string, cases: readonly Case[]): string[] {
  const { file, run, around } = languages[language]!;
  const directory = scratchDirectory();
  const path = join(directory, file);
  writeFileSync(path, around(snippet(language)));
  const [command, ...args] = run;
  const { stdout, stderr, status } = spawnSync(command!, [...args, path], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    timeout: compileMs,
    env: { ...process.env, GO111MODULE: 'off', GOTOOLCHAIN: 'local', GOTELEMETRY: 'off' },
  });
  if (status !== 0) throw new Error(`${language} ended with ${status}: ${stderr}`);
  return stdout.trim().split('\n');
}

describe('the README verifies what was sent', () => {
  test('and has a snippet for Node.js, Python, PHP and Go', () => {
    for (const language of Object.keys(languages)) expect(snippet(language)).toContain('webhook-');
  });

  const installed = Object.keys(languages).filter(language => Bun.which(languages[language]!.run[0]!) !== null);
  test.each(installed)(
    'with %s',
    async language => {
      const telling = await begin();
      const endpoint = await listen();
      const id = await telling.hook(endpoint.url, { events: ['*'] });
      await telling.facts('qr_1', {
        type: 'qr.created',
        data: { slug: 'a', type: 'text', content: { text: 'Grüße 🙂' } },
      });
      await telling.settled();
      const graceUntil = Date.now() + 60_000;
      await telling.facts(id, { type: 'webhook.rotated', data: { secret: secretOf(9), graceUntil } });
      await telling.scans(2);
      await telling.settled();
      const sent = endpoint.received.map(delivered => ({
        headers: signedHeaders(delivered),
        body: delivered.body.toString('base64'),
        secret: testSecret,
      }));
      expect(sent.length).toBeGreaterThanOrEqual(3);
      const last = sent.at(-1)!;
      const other = (header: string, value: string): Case => ({
        ...last,
        headers: { ...last.headers, [header]: value },
      });
      const old = String(Number(last.headers['webhook-timestamp']) - 400);
      const wrong: Case[] = [
        { ...last, body: Buffer.from(`${Buffer.from(last.body, 'base64')} `).toString('base64') },
        { ...last, secret: secretOf(8) },
        other('webhook-id', 'msg_other_1'),
        other('webhook-timestamp', old),
        other('webhook-timestamp', 'soon'),
        other('webhook-signature', ''),
        other('webhook-signature', last.headers['webhook-signature'].replaceAll('v1,', 'v2,')),
        other('webhook-signature', 'v1,'),
      ];
      const right = [...sent, { ...last, secret: secretOf(9) }];
      expect(verdicts(language, [...right, ...wrong])).toEqual([...right.map(() => 'yes'), ...wrong.map(() => 'no')]);
    },
    120_000,
  );
});
