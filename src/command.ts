/**
 * A command of a command line that does nothing unless it knows all of its words: an option that was mistyped and passed
 * over in silence would let an auditor believe that a checkpoint holds which nobody has looked at, and give a key more than
 * was meant.
 */
import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import { closest } from 'fastest-levenshtein';

export const command = <const A extends ArgsDef>(definition: CommandDef<A>): CommandDef<A> =>
  defineCommand({
    ...definition,
    run: async context => {
      const fault = faultIn(context.rawArgs, context.args, (definition.args ?? {}) as ArgsDef);
      if (fault === undefined) return definition.run?.(context);
      console.error(fault);
      process.exitCode = 1;
    },
  });

/** What is wrong with the words of a command, as a sentence that says what to do. */
export function faultIn(
  words: readonly string[],
  given: Readonly<Record<string, unknown>> & { readonly _: readonly string[] },
  known: ArgsDef,
): string | undefined {
  const names = Object.keys(known);
  const options = names.filter(name => known[name]!.type !== 'positional');
  for (const [name, value] of Object.entries(given)) {
    if (name === '_' || (names.includes(name) && !options.includes(name))) continue;
    if (!options.includes(name)) {
      const instead = options.length > 0 ? `did you mean --${closest(name, options)}?` : 'there are none here.';
      return `There is no option --${name}; ${instead}`;
    }
    if (value === '') return `--${name} needs a value.`;
    const isRepeated = words.filter(word => word === `--${name}` || word.startsWith(`--${name}=`)).length > 1;
    if (isRepeated) return `--${name} is there more than once.`;
  }
  const [surplus] = given._.slice(names.length - options.length);
  return surplus === undefined ? undefined : `"${surplus}" is a word too many.`;
}
