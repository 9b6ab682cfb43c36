/**
 * Databases of places as operators bring them, written byte by byte, since the real ones may not be passed on.
 */

/**
 * A MaxMind database of one node: 0.0.0.0/1 has the record, 128.0.0.0/1 has none
 * (https://maxmind.github.io/MaxMind-DB/).
 */
export function database(record: object): Uint8Array {
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test-Country',
    ip_version: 4,
    node_count: 1,
    record_size: 24,
  };
  const separator = new Uint8Array(16);
  const tree = [0, 0, metadata.node_count + separator.length, 0, 0, metadata.node_count];
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Uint8Array.from([...tree, ...separator, ...encode(record), ...marker, ...encode(metadata)]);
}

function encode(value: unknown): number[] {
  // A list is written as an object whose first name is 0.
  if (typeof value === 'object' && value !== null && '0' in value) {
    const items = Object.values(value);
    return [items.length, 4, ...items.flatMap(encode)];
  }
  if (typeof value === 'number') return [0xc4, ...new Uint8Array(new Uint32Array([value]).buffer).reverse()];
  const [type, size, content] =
    typeof value === 'string'
      ? [0x40, value.length, [...Buffer.from(value)]]
      : [
          0xe0,
          Object.keys(value as object).length,
          Object.entries(value as object)
            .flat()
            .flatMap(encode),
        ];
  return size < 29 ? [type + size, ...content] : [type + 29, size - 29, ...content];
}
