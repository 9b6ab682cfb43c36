/**
 * Sees to it that a command the tests need is there: the one that is there, else from the system's package manager.
 * Nothing is skipped for want of a tool, so when that does not help it ends with a message that says what to install.
 */
import { spawnSync } from 'node:child_process';

/** Package managers and what each has to run; all but Homebrew want root. */
const managers: readonly { name: string; root: boolean; commands: readonly string[] }[] = [
  { name: 'apt-get', root: true, commands: ['apt-get update', 'apt-get install -y --no-install-recommends'] },
  { name: 'apk', root: true, commands: ['apk add --no-cache'] },
  { name: 'dnf', root: true, commands: ['dnf install -y'] },
  { name: 'brew', root: false, commands: ['brew install'] },
];

/** PATH as it is now; Bun on its own looks where it pointed when the process began. */
const which = (command: string): string | null => Bun.which(command, { PATH: process.env['PATH'] ?? '' });

/** No step may use up the ten minutes that the whole test run has. */
const stepTimeoutMs = 120_000;

/**
 * Installs a package with every package manager that is there until `isThere`; gives a line for each that did not
 * help. Homebrew may know it by another name.
 */
export function installPackage(name: string, isThere: () => boolean, brewName = name): string[] {
  const present = managers.filter(manager => which(manager.name) !== null);
  if (present.length === 0) return [`none of ${managers.map(manager => manager.name).join(', ')} is there`];
  const failures: string[] = [];
  for (const manager of present) {
    const prefix = manager.root && process.getuid?.() !== 0 ? ['sudo', '-n'] : [];
    let failed = '';
    for (const [i, command] of manager.commands.entries()) {
      const isLast = i === manager.commands.length - 1;
      const words = [...prefix, ...command.split(' ')];
      if (isLast) words.push(manager.name === 'brew' ? brewName : name);
      console.log(`${name} is missing: ${words.join(' ')}`);
      const [program = '', ...args] = words;
      const { status, error } = spawnSync(program, args, {
        stdio: ['ignore', 'inherit', 'inherit'],
        timeout: stepTimeoutMs,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
      if (status !== 0) failed = `${words.join(' ')}: ${error?.message ?? `status ${status}`}`;
    }
    if (isThere()) return failures;
    failures.push(failed || `${manager.name} installed ${name}, and it is in no folder it was looked for in`);
  }
  return failures;
}

/** The path of a command, whose package is installed when it is missing; an error that says what to do if that fails. */
export function ensureCommand(command: string, packageName: string, brewName = packageName): string {
  const find = () => which(command);
  const tried = find() === null ? installPackage(packageName, () => find() !== null, brewName) : [];
  const found = find();
  if (found !== null) return found;
  throw new Error(
    [
      `The tests need ${command} and it could not be installed:`,
      ...tried.map(line => `  - ${line}`),
      `Install the package ${packageName} and run the tests again.`,
    ].join('\n'),
  );
}
