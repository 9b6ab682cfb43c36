import { expect, test } from 'bun:test';
import { countsOf, failuresOf } from './junit.ts';

const report = (attributes: string, ...files: string[]) =>
  `<testsuites name="bun test" ${attributes}>${files.map(file => `<testsuite name="x" file="${file}">`).join('')}`;

test('tests that passed and failed are counted as the report says', () => {
  const { counts, remarks } = countsOf(
    report('tests="5" failures="2" skipped="0"', 'test/a.test.ts'),
    ['test/a.test.ts'],
    1,
  );
  expect(counts).toEqual({ passed: 3, failed: 2 });
  expect(remarks).toEqual([]);
});

test('a file that broke before its first test counts as failed', () => {
  const files = ['test/a.test.ts', 'test/b.test.ts'];
  const { counts, remarks } = countsOf(report('tests="1" failures="0" skipped="0"', 'test/a.test.ts'), files, 1);
  expect(counts).toEqual({ passed: 1, failed: 1 });
  expect(remarks).toEqual(['test/b.test.ts gave no result: it broke before its first test']);
});

test('a crash, which leaves no report, counts every file as failed', () => {
  expect(countsOf('', ['test/a.test.ts', 'test/b.test.ts'], 139).counts).toEqual({ passed: 0, failed: 2 });
});

test('skipped tests are a failure', () => {
  const { counts } = countsOf(report('tests="3" failures="0" skipped="1"', 'test/a.test.ts'), ['test/a.test.ts'], 0);
  expect(counts).toEqual({ passed: 2, failed: 1 });
});

test('a bad exit status is a failure even when no test failed', () => {
  const { counts } = countsOf(report('tests="3" failures="0" skipped="0"', 'test/a.test.ts'), ['test/a.test.ts'], 1);
  expect(counts).toEqual({ passed: 3, failed: 1 });
});

test('a failed test is told with its place, its name and why', () => {
  const cases =
    '<testcase name="x &quot;q&quot;" classname="group" file="test/a.test.ts" line="2" assertions="1">\n' +
    '<failure type="AssertionError" message="Expected: 2&#10;Received: 1&#10;">at a.test.ts:2:61</failure></testcase>' +
    '<testcase name="y" classname="group" file="test/a.test.ts" line="3" assertions="0" />' +
    '<testcase name="z" classname="" file="test/a.test.ts" line="4" assertions="0">' +
    '<failure type="TimeoutError" message="test timed out" /></testcase>';
  expect(failuresOf(cases)).toEqual([
    'test/a.test.ts:2 group > x "q": Expected: 2 Received: 1 ',
    'test/a.test.ts:4 z: test timed out',
  ]);
});
