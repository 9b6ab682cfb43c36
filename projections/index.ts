/**
 * Every read model there is. The projector keeps them current; adding one means adding its file here. The order is that
 * of `/readyz?verbose` and means nothing else.
 */
import { deliveries } from './deliveries.ts';
import { domains } from './domains.ts';
import { exclusions } from './exclusions.ts';
import { jobs } from './jobs.ts';
import { keys } from './keys.ts';
import { members } from './members.ts';
import { organizations } from './organizations.ts';
import type { Projection } from './projection.ts';
import { qrs } from './qrs.ts';
import { redirects } from './redirects.ts';
import { scans } from './scans.ts';
import { styles } from './styles.ts';
import { usage } from './usage.ts';
import { webhooks } from './webhooks.ts';

export const projections: readonly Projection[] = [
  organizations,
  members,
  keys,
  jobs,
  qrs,
  redirects,
  domains,
  styles,
  usage,
  scans,
  exclusions,
  webhooks,
  deliveries,
];
