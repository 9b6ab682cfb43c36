/**
 * Reads how many tests passed and failed from Bun's JUnit report. The report alone would flatter: a file that breaks
 * before its first test is not in it, and a crash leaves none at all. So the list of files that ought to have run and
 * the exit status are held against it, and whatever is missing counts as failed.
 */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];

/** The counts, and a line for each failure that is no failed test. */
export function countsOf(
  report: string,
  files: readonly string[],
  status: number,
): { counts: Counts; remarks: readonly string[] } {
  const all = /<testsuites\s[^>]*>/.exec(report)?.[0] ?? '';
  const count = (name: string) => Number(attribute(all, name) ?? 0);
  const failures = count('failures') + count('errors');
  const seen = new Set([...report.matchAll(/<testsuite\s[^>]*>/g)].map(([tag]) => attribute(tag, 'file')));
  const remarks = files
    .filter(file => !seen.has(file))
    .map(file => `${file} gave no result: it broke before its first test`);
  if (count('skipped') > 0) remarks.push(`${count('skipped')} tests were skipped, and none may be`);
  if (status !== 0 && failures + remarks.length === 0)
    remarks.push(`ended with status ${status} although no test failed`);
  return {
    counts: { passed: count('tests') - failures - count('skipped'), failed: failures + remarks.length },
    remarks,
  };
}

/** A line for each test that failed: where it stands, its name and why. Said last, so that it is seen in a cut log. */
export function failuresOf(report: string): string[] {
  return [...report.matchAll(/(<testcase\s[^>]*[^/]>)\s*(<(?:failure|error)\s[^>]*>)/g)].map(
    ([, test = '', why = '']) => {
      const group = attribute(test, 'classname');
      const name = [group, attribute(test, 'name')].filter(Boolean).join(' > ');
      const message = (attribute(why, 'message') ?? '').replaceAll('&#10;', ' ').slice(0, 500);
      return `${attribute(test, 'file')}:${attribute(test, 'line')} ${name}: ${message}`
        .replaceAll('&quot;', '"')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&apos;', "'")
        .replaceAll('&amp;', '&');
    },
  );
}
