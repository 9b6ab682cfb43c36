/**
 * Loaded before the program by `BUN_OPTIONS=--preload`: its clock starts at `CLOCK_START` (milliseconds since 1970), as
 * on a machine whose clock was set, and goes `CLOCK_SPEED` times as fast as time. So a story can last several days, and
 * no test run stands across midnight. Timers are those of the machine.
 */
const real = Date.now;
const begun = real();
const speed = Number(process.env['CLOCK_SPEED'] ?? 1);

/** Makes this file a module. */
export const clockStart = Number(process.env['CLOCK_START']);
Date.now = () => Math.round(clockStart + (real() - begun) * speed);
