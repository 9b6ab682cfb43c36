/**
 * Loaded before the program by `BUN_OPTIONS=--preload`: its clock starts at `CLOCK_START` (milliseconds since 1970), as
 * on a machine whose clock was set. So a story can last several days, and no test run stands across midnight.
 */
const real = Date.now;
const offsetMs = Number(process.env['CLOCK_START']) - real();
Date.now = () => real() + offsetMs;

/** Makes this file a module. */
export const clockStart = Number(process.env['CLOCK_START']);
