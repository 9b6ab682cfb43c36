/**
 * Loaded before the program by `BUN_OPTIONS=--preload`, it makes the runtime one that ignores `lookup`, as the global
 * fetch of Bun does: the address guard is there, and nobody asks it.
 */
import http, { type RequestOptions } from 'node:http';
import https from 'node:https';

for (const module of [http, https]) {
  const request = module.request.bind(module);
  const heedless = ({ lookup: _, ...others }: RequestOptions) => request(others);
  module.request = heedless as typeof module.request;
}
