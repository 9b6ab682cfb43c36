/**
 * The style sheet of a logo. Drawing programs put colours into classes, so rules for a class, an id or an element are
 * understood and become attributes; everything else that CSS can do is refused. What is left of a sheet afterwards is
 * nothing: no renderer ever sees CSS.
 */
import { refused } from './logo-refusal.ts';

export type Declarations = readonly (readonly [property: string, value: string])[];

const sheetLengthMax = 64 * 1024;
const rulesMax = 2_000;

/** `fill:#fff; opacity:.5` taken apart; names in lower case. */
export function declarations(text: string): Declarations {
  if (/[\\@<{}]/.test(text)) throw refused('not_allowed', 'A style in the logo holds what is no plain declaration.');
  return text.split(';').flatMap(part => {
    const colon = part.indexOf(':');
    if (colon < 0) return [];
    const value = part.slice(colon + 1).replace(/!\s*important\s*$/i, '');
    return [[part.slice(0, colon).trim().toLowerCase(), value.trim()] as const];
  });
}

interface Rule {
  readonly order: number;
  readonly body: Declarations;
}

/** The rules of a logo's style sheets, found by what they are for. */
export class StyleSheet {
  readonly #rules = new Map<string, Rule[]>();
  #length = 0;
  #count = 0;

  /** Adds the text of a `<style>`. */
  add(text: string): void {
    this.#length += text.length;
    if (this.#length > sheetLengthMax)
      throw refused('too_complex', 'The style sheet of the logo is longer than 64 KiB.');
    if (/[\\@<]/.test(text)) throw refused('not_allowed', 'The style sheet of the logo holds more than plain rules.');
    // Split rather than matched, so that no text can make it slow.
    const blocks = withoutComments(text).split('}');
    const rest = blocks.pop() ?? '';
    if (rest.trim() !== '') throw refused('not_allowed', 'The style sheet of the logo holds more than plain rules.');
    for (const block of blocks) {
      const [selectors, body, ...more] = block.split('{');
      if (selectors === undefined || body === undefined || more.length > 0) {
        throw refused('not_allowed', 'The style sheet of the logo holds more than plain rules.');
      }
      this.#addRule(selectors.split(','), declarations(body));
    }
  }

  #addRule(selectors: readonly string[], body: Declarations): void {
    for (const selector of selectors.map(text => text.trim())) {
      if (!/^[.#]?[\w-]+$/.test(selector)) {
        throw refused('not_allowed', 'The style sheet of the logo may select by one class, id or element only.');
      }
      if (++this.#count > rulesMax) throw refused('too_complex', `The logo has more than ${rulesMax} style rules.`);
      const known = this.#rules.get(selector);
      const rule = { order: this.#count, body };
      if (known) known.push(rule);
      else this.#rules.set(selector, [rule]);
    }
  }

  /** What the sheets say about an element, the weakest first: element, then classes, then id. */
  for(element: string, classes: string, id: string | undefined): Declarations {
    if (this.#rules.size === 0) return [];
    const rulesOf = (selector: string) => this.#rules.get(selector) ?? [];
    const ofClasses = classes.split(/\s+/, 16).flatMap(name => rulesOf(`.${name}`));
    ofClasses.sort((a, b) => a.order - b.order);
    return [...rulesOf(element), ...ofClasses, ...rulesOf(`#${id ?? ''}`)].flatMap(({ body }) => body);
  }
}

function withoutComments(text: string): string {
  let out = '';
  for (let at = 0; ; ) {
    const start = text.indexOf('/*', at);
    if (start < 0) return out + text.slice(at);
    const end = text.indexOf('*/', start + 2);
    out += text.slice(at, start);
    if (end < 0) return out;
    at = end + 2;
  }
}
