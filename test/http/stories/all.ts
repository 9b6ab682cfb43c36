/**
 * Every story that there is. Each group of routes has one, told in a file of its own and listed here, so that what the
 * API's description promises is held against real answers.
 */
import { audit } from './audit.ts';
import { codes } from './codes.ts';
import { jobs } from './jobs.ts';
import { scans } from './scans.ts';
import type { Story } from './story.ts';
import { tenancy } from './tenancy.ts';
import { webhooks } from './webhooks.ts';

export const stories: readonly Story[] = [codes, tenancy, audit, scans, webhooks, jobs];
