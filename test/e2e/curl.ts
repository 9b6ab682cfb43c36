/**
 * As much of curl as the printed line and the README's use: `-s`, `-X`, `-H`, `-d` and an address. The body is written to
 * standard output.
 */
const options: Record<'-X' | '-d', string | undefined> = { '-X': undefined, '-d': undefined };
const headers = new Headers();
let url = '';
for (const words = process.argv.slice(2); words.length > 0; ) {
  const word = words.shift()!;
  if (word === '-X' || word === '-d') options[word] = words.shift();
  else if (word === '-H') {
    const [name, ...value] = words.shift()!.split(':');
    headers.set(name!, value.join(':').trim());
  } else if (word.startsWith('-') && word !== '-s') throw new Error(`this curl knows no ${word}`);
  else url = word;
}
const { '-X': method = 'GET', '-d': body } = options;
const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
process.stdout.write(await response.text());

/** Makes this file a module. */
export const { status } = response;
