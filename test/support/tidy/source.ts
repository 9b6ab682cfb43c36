/**
 * What a rule of the house style looks at: a tree of files by path, and for each TypeScript file its text, its code
 * with comments and strings blanked out, and what it imports. Blanked text keeps every offset and line, so a rule can
 * look for a word in code without finding it in prose. A tree can be read from disk or planted in memory.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** One import or re-export: the path inside the tree, or the bare specifier of a package. */
export interface Import {
  readonly specifier: string;
  /** Path inside the tree when the specifier is relative, else the specifier. */
  readonly target: string;
  readonly relative: boolean;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments and the contents of strings, templates and regular expressions blanked out. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Tree {
  /** The TypeScript files. */
  readonly sources: readonly Source[];
  /** Everything that was read, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The names at the top level. */
  readonly entries: readonly string[];
}

/** A tree from texts by path. */
export function plant(files: Readonly<Record<string, string>>, entries?: readonly string[]): Tree {
  const sources = Object.entries(files)
    .filter(([path]) => path.endsWith('.ts'))
    .map(([path, text]) => source(path, text));
  return { sources, files, entries: entries ?? [...new Set(Object.keys(files).map(path => path.split('/')[0] ?? ''))] };
}

/** The tree below `root`: the TypeScript of the four folders, the samples and the README. */
export function readTree(root: string): Tree {
  const entries = readdirSync(root);
  const paths = ['src', 'events', 'projections', 'test']
    .filter(folder => entries.includes(folder))
    .flatMap(folder => readdirSync(join(root, folder), { recursive: true }).map(name => `${folder}/${name}`))
    .filter(path => path.endsWith('.ts') || path.startsWith('test/samples/'));
  if (entries.includes('README.md')) paths.push('README.md');
  return plant(Object.fromEntries(paths.sort().map(path => [path, readFileSync(join(root, path), 'utf8')])), entries);
}

/** The line of an offset, counted from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

export function source(path: string, text: string): Source {
  const code = blank(text);
  return { path, text, code, imports: importsOf(path, text, code) };
}

const statement = /\b(?:import|export)\s+(type\s+)?(?:([\w\s{},*$]*?)\bfrom\s*)?(['"])/g;
const call = /\bimport\s*\(\s*(['"])/g;

function importsOf(path: string, text: string, code: string): Import[] {
  const found: Import[] = [];
  const add = (quoteAt: number, typeOnly: boolean) => {
    const specifier = text.slice(quoteAt + 1, text.indexOf(text.charAt(quoteAt), quoteAt + 1));
    const relative = specifier.startsWith('.');
    const target = relative ? posix.join(posix.dirname(path), specifier) : specifier;
    found.push({ specifier, target, relative, typeOnly, line: lineAt(text, quoteAt) });
  };
  for (const match of code.matchAll(statement)) {
    const names = match[2]
      ?.match(/^\s*\{([^}]*)\}\s*$/)?.[1]
      ?.split(',')
      .filter(name => name.trim() !== '');
    const everyNameIsType = names !== undefined && names.length > 0 && names.every(name => /^\s*type\s/.test(name));
    add(match.index + match[0].length - 1, match[1] !== undefined || everyNameIsType);
  }
  for (const match of code.matchAll(call)) add(match.index + match[0].length - 1, false);
  return found;
}

/** What may stand before a `/` that begins a regular expression rather than divides. */
const beforeRegex = /(?:^|[=(,:;[!&|?{}+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;
/** Comment, string, regular expression, and the three places where a template's text begins or ends. */
const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*|[`{}]/y;

/** Replaces comments and the contents of literals by spaces; quotes, backticks and line breaks stay. */
export function blank(text: string): string {
  let out = '';
  /** One entry for each open brace: whether it is the `${` of a template. */
  const braces: boolean[] = [];
  const spaces = (part: string) => part.replace(/[^\n]/g, ' ');
  const template = (from: number): number => {
    const body = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y;
    body.lastIndex = from;
    const length = body.exec(text)?.[0].length ?? 0;
    const end = from + length;
    const closing = text.startsWith('${', end) ? '${' : text.slice(end, end + 1);
    if (closing === '${') braces.push(true);
    out += spaces(text.slice(from, end)) + closing;
    return end + closing.length;
  };
  for (let at = 0; at < text.length; ) {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    const isDivision =
      found?.startsWith('/') && !/^\/[/*]/.test(found) && !beforeRegex.test(out.slice(-40).replace(/ +$/, ' '));
    if (found === undefined || isDivision) {
      out += text.charAt(at++);
    } else if (found === '`') {
      out += found;
      at = template(at + 1);
    } else if (found === '{') {
      braces.push(false);
      out += found;
      at++;
    } else if (found === '}') {
      out += found;
      at = braces.pop() === true ? template(at + 1) : at + 1;
    } else {
      const quoted = found.startsWith("'") || found.startsWith('"');
      out += quoted ? found.charAt(0) + spaces(found.slice(1, -1)) + found.charAt(0) : spaces(found);
      at += found.length;
    }
  }
  return out;
}
