/**
 * The shape of a rule of the house style. Each rule carries a tree that breaks it and one that does not, so that the
 * test can show of every rule that it fires and that it does not fire on everything; a rule without them won't compile.
 */
import type { Source, Tree } from './source.ts';
import { lineAt } from './source.ts';

export interface Finding {
  readonly path: string;
  readonly line: number;
  /** What stands there. */
  readonly what: string;
}

export interface Rule {
  /** A sentence that is true of a tidy tree. */
  readonly name: string;
  /** What to do when it is not. */
  readonly instead: string;
  readonly check: (tree: Tree) => readonly Finding[];
  /** Small trees that break the rule, each in one way. */
  readonly offenders: readonly Readonly<Record<string, string>>[];
  /** A small tree that comes close and does not. */
  readonly innocent: Readonly<Record<string, string>>;
}

/** One line for each finding: the file, the line, what stands there and what to do instead. */
export const report = (rule: Rule, tree: Tree): string[] =>
  rule.check(tree).map(({ path, line, what }) => `${path}:${line} ${what} — ${rule.instead}`);

/** A finding for each place in `text` (code without comments and strings, unless told) that the pattern matches. */
export function places(source: Source, pattern: RegExp, text = source.code): Finding[] {
  return [...text.matchAll(new RegExp(pattern, 'g'))].map(match => ({
    path: source.path,
    line: lineAt(text, match.index),
    what: source.text.slice(match.index, match.index + match[0].length).replace(/\s+/g, ' '),
  }));
}

/** A rule on code: the pattern may not stand in the files that `where` names. */
export function never(
  rule: Omit<Rule, 'check'> & { pattern: RegExp; where: (path: string) => boolean; text?: 'whole' },
): Rule {
  const { pattern, where, text, ...rest } = rule;
  return {
    ...rest,
    check: tree =>
      tree.sources
        .filter(source => where(source.path))
        .flatMap(source => places(source, pattern, text === 'whole' ? source.text : source.code)),
  };
}
