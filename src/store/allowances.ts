/**
 * Allowances that requests use up, such as the codes of a month. They are counted in the transaction that writes what
 * uses them; a batch in which some request goes past its limit is sent again without the ones that do.
 */

/** So much of an allowance, of which not more than a maximum may be used in all. */
export interface Spend {
  readonly name: string;
  readonly amount: number;
  readonly maximum: number;
}

/** What the database says when an allowance does not suffice: which, and what was used before. */
export type Overspent = readonly (readonly ['allowance', string, number])[];

/** The refusal in an error of the append, if it is one. */
export function overspentIn(error: unknown): Overspent | undefined {
  const { code, detail } = Object(error) as { code?: unknown; detail?: unknown };
  return code === 'LIM01' ? (JSON.parse(String(detail)) as Overspent) : undefined;
}

/** The columns that `limits.spend()` takes. */
export const spendColumns = (spends: readonly Spend[]): unknown[] => [
  spends.map(({ name }) => name),
  spends.map(({ amount }) => amount),
  spends.map(({ maximum }) => maximum),
];

/**
 * What a request asks too much of, by what is used already. If it is nothing, its part counts as used from now on, so
 * that the requests of a batch are judged one after the other.
 */
export function tooMuch(spends: readonly Spend[], used: Map<string, number>): Spend[] {
  // Of what was not refused to anybody there is enough for all.
  const over = spends.filter(
    ({ name, amount, maximum }) => (used.get(name) ?? Number.NEGATIVE_INFINITY) + amount > maximum,
  );
  if (over.length > 0) return over;
  for (const { name, amount } of spends) {
    const before = used.get(name);
    if (before !== undefined) used.set(name, before + amount);
  }
  return [];
}
