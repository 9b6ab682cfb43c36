/**
 * Reads how many tests passed and failed from Bun's JUnit report. The report alone would flatter: a file that breaks
 * before its first test is not in it, and a crash leaves none at all. So the list of files that ought to have run and
 * the exit status are held against it, and whatever is missing counts as failed.
 */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The counts, and a line for each failure that is no failed test. */
export function countsOf(
  report: string,
  files: readonly string[],
  status: number,
): { counts: Counts; remarks: readonly string[] } {
  const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
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
