import { expect, test } from 'bun:test';
import { ensureCommand, installPackage } from './install.ts';

test('a command that is there is found and nothing is installed', () => {
  expect(ensureCommand('sh', 'no-such-package')).toMatch(/\/sh$/);
});

test('where no package manager is there, the error says what is missing and what to do', () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nowhere';
  try {
    expect(installPackage('poppler-utils', () => false)).toEqual(['none of apt-get, apk, dnf, brew is there']);
    expect(() => ensureCommand('pdftoppm', 'poppler-utils')).toThrow(
      /need pdftoppm[\s\S]*Install the package poppler-utils/,
    );
  } finally {
    process.env['PATH'] = path;
  }
});
