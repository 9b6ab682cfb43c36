/**
 * Two feeds as one: this process's own commits without a detour, everybody else's as the broker brings them. What comes
 * twice is told by its position, so nothing here has to compare. Hints of the first are not passed on: each would be a
 * read of the ledger, which the broker is there to spare.
 */
import type { Feed } from './cursor.ts';

export const bothFeeds = (own: Feed, broker: Feed): Feed => ({
  listen(family, listener) {
    const stops = [
      own.listen(family, { onRun: run => listener.onRun(run), onHint: () => {} }),
      broker.listen(family, listener),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  },
  async close() {
    await Promise.all([own.close(), broker.close()]);
  },
});
