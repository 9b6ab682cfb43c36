/**
 * What asks for a password: a form of one field without scripts, sent to its own address. What is wrong is said above
 * the field; whether the code is known for anything else is not.
 */
import { formPage, html } from './markup.ts';
import type { Verdict } from './passwords.ts';

/** The longest password that is looked at, in characters. */
export const passwordLengthMax = 200;
/** Nobody's form is longer: four bytes a character, each percent-encoded. */
const formBytesMax = 4_096;

const words: { readonly [V in Exclude<Verdict, 'right'> | 'asked']: readonly [status: number, text: string] } = {
  asked: [200, 'The owner of this code has set a password.'],
  wrong: [403, 'This is not the password. Please try again.'],
  too_many: [429, 'There were too many tries. Please wait a few minutes.'],
  busy: [503, 'Many are trying at the moment. Please try again.'],
};
const waits: Readonly<Record<string, Record<string, string>>> = {
  too_many: { 'retry-after': '120' },
  busy: { 'retry-after': '2' },
};

/** The form, with a word on how the last try went. */
export function lockPage(verdict: keyof typeof words): Response {
  const [status, text] = words[verdict];
  const field = html`<label for="password">Password</label><input id="password" name="password" type="password" required autofocus autocomplete="current-password" maxlength="${passwordLengthMax}">`;
  const form = html`<form method="post">${field}<button class="do">Open</button></form>`;
  return formPage('Password needed', html`<h1>Password needed</h1><p>${text}</p>${form}`, status, waits[verdict] ?? {});
}

/** The password that a form was sent with; undefined when it is no such form. */
export async function passwordFrom(request: Request): Promise<string | undefined> {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(request.headers.get('content-type') ?? '')) return undefined;
  if (Number(request.headers.get('content-length') ?? formBytesMax + 1) > formBytesMax) return undefined;
  const password = new URLSearchParams(await request.text()).get('password');
  return password !== null && password.length <= passwordLengthMax ? password : undefined;
}
