/**
 * The stream over JetStream on a real nats-server, put through the suite that the embedded one has to pass too.
 */
import { natsRig } from './rig.ts';
import { streamSuite } from './suite.ts';

streamSuite('JetStream', () => natsRig());
