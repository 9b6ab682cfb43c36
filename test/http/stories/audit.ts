/**
 * Every route of proofs, with answers of each kind that it gives.
 */
import type { Story } from './story.ts';

export const audit: Story = async ({ tell }) => {
  await tell('GET /v1/proofs/key');
  await tell('GET /v1/proofs/checkpoint');
  await tell('GET /v1/proofs/checkpoint', '?format=text');
  await tell('GET /v1/proofs/checkpoint', '?format=xml');
  await tell('GET /v1/proofs/inclusion', '?position=1');
  await tell('GET /v1/proofs/inclusion', '?position=1&format=text');
  await tell('GET /v1/proofs/inclusion', '?position=99999999');
  await tell('GET /v1/proofs/consistency', '?from=1');
  await tell('GET /v1/proofs/consistency', '?from=1&format=text');
  await tell('GET /v1/proofs/consistency', '?from=9&to=8');
};
