/**
 * Two decoders that share no code with each other or with us, as a phone would stand in front of a picture: zxing-cpp
 * for whole PNG files, jsqr for pixels. Both look at what was drawn and nothing else. The WebAssembly of zxing is read
 * from node_modules, so that no test needs the network.
 */
import { fileURLToPath } from 'node:url';
import jsqr from 'jsqr';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const wasm = fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'));
prepareZXingModule({ overrides: { wasmBinary: await Bun.file(wasm).arrayBuffer() } });

/** The texts of all QR codes in a picture file, empty if there is none. Bytes are read as UTF-8, as phones do. */
export async function decode(png: Uint8Array): Promise<string[]> {
  const results = await readBarcodes(png, { formats: ['QRCode'], characterSet: 'UTF8', textMode: 'Plain' });
  return results.filter(result => result.isValid).map(result => result.text);
}

/** The text of the QR code in a raster of 4 bytes a pixel, or null if there is none. */
export function decodeRgba(data: Uint8ClampedArray, width: number, height: number): string | null {
  return jsqr(data, width, height, { inversionAttempts: 'dontInvert' })?.data ?? null;
}
