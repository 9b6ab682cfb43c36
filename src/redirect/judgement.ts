/**
 * Whether a fetch is a person's scan: each version of the counting rules as a function, for as long as it can be asked
 * for. What a scan carries is the newest one's word, and that of older ones where they say something else.
 */
import type { ScanKind } from '../../events/scan.ts';
import { countingRules, currentRules, type Judgement } from '../../projections/counting.ts';
import { AGENT_LENGTH_MAX, describeAgent, isPrefetch } from './agent.ts';

/** Every browser calls itself Mozilla, or Opera as long as it had an engine of its own; the libraries of apps don't. */
const BROWSER = /^(?:Mozilla|Opera)\//;

type Version = (typeof countingRules)[number]['version'];

/** Whether a user agent is a bot's, by version. Never changed, only added to. */
const bots: { readonly [V in Version]: (userAgent: string | null) => boolean } = {
  1: userAgent => describeAgent(userAgent).bot,
  2: userAgent => describeAgent(userAgent).bot || !BROWSER.test(userAgent!),
};

/** Whether the rules of a version take a user agent for a bot. */
export const isBotUnder = (version: Version, userAgent: string | null): boolean => bots[version](userAgent);

/** Verdicts on user agents, as long as `describeAgent` remembers strings: most scans come with one of a few hundred. */
const verdicts = new Map<string, Judgement | null>();
const verdictsMax = 10_000;

/** What all versions say of a request. */
export function judge(request: Request, userAgent: string | null): Judgement {
  if (request.method === 'HEAD') return { kind: 'head', rules: currentRules };
  const verdict = botVerdict(userAgent);
  if (verdict && !verdict.earlier) return verdict;
  const kind: ScanKind = isPrefetch(request.headers) ? 'prefetch' : 'scan';
  if (!verdict) return { kind, rules: currentRules };
  // A bot of today's rules that older ones took for whoever the other headers say.
  const earlier = Object.fromEntries(Object.keys(verdict.earlier!).map(version => [version, kind]));
  return { kind: 'bot', rules: currentRules, earlier };
}

/** A bot as all versions see it, the older ones that see none named in `earlier`; null for whom none takes for a bot. */
function botVerdict(userAgent: string | null): Judgement | null {
  const key = userAgent ?? '';
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const blind = countingRules.filter(({ version }) => !isBotUnder(version, userAgent));
  const verdict =
    blind.length === countingRules.length
      ? null
      : {
          kind: 'bot' as const,
          rules: currentRules,
          ...(blind.length > 0 && {
            earlier: Object.fromEntries(blind.map(({ version }) => [version, 'scan' as const])),
          }),
        };
  if (key.length <= AGENT_LENGTH_MAX) {
    verdicts.set(key, verdict);
    if (verdicts.size > verdictsMax) verdicts.delete(verdicts.keys().next().value!);
  }
  return verdict;
}
