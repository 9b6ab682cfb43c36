import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ContentType, contentTypes } from '../../events/content.ts';
import type { QrStyle } from '../../events/qr.ts';
import { hostRules } from '../../src/deciders/destination.ts';
import { type AnyContent, fitFaults, type Holding, holdingFaults, missingFaults } from '../../src/deciders/holding.ts';
import { anyContent } from '../support/contents.ts';

const hosts = hostRules({ own: ['qr.example'] });
const places = (faults: ReturnType<typeof holdingFaults>) => faults.map(({ pointer, code }) => `${pointer} ${code}`);
const found = (type: ContentType | 'url', holding: object, isStatic = false) =>
  places(holdingFaults(type, holding as Holding, { hosts, static: isStatic }));
const destination = 'https://a.example/';

describe('what a code holds', () => {
  test('is a destination for type url and a content for all others, never both', () => {
    expect(found('url', { destination })).toEqual([]);
    expect(found('url', { destination, content: { text: 'x' } })).toEqual(['/content not_allowed']);
    for (const type of contentTypes) expect(found(type, { destination })).toEqual(['/destination not_allowed']);
    expect(places(missingFaults('url', { content: {} }))).toEqual(['/destination required']);
    expect(places(missingFaults('wifi', { destination }))).toEqual(['/content required']);
    expect([...missingFaults('url', { destination }), ...missingFaults('wifi', { content: {} })]).toEqual([]);
  });

  test('is right when its shape and its rules are kept', () => {
    fc.assert(
      fc.property(anyContent, ([type, content]) => {
        expect(found(type, { content })).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['text', {}, ['/content/text required']],
    ['text', { text: '' }, ['/content/text too_short']],
    ['text', { text: 'a\u0000' }, ['/content/text format']],
    ['wifi', { ssid: 5, pasword: 'x' }, ['/content/pasword unknown_property', '/content/ssid type']],
    ['wifi', { ssid: 'a', encryption: 'WPA3' }, ['/content/encryption not_allowed']],
    ['wifi', { ssid: 'a', encryption: 'WPA' }, ['/content/password required']],
    ['phone', { number: '*#06#' }, ['/content/number format']],
    ['email', { to: 'nobody', subject: 7 }, ['/content/subject type', '/content/to format']],
    ['vcard', {}, ['/content too_few']],
    ['vcard', { note: 'x' }, ['/content required']],
    ['vcard', { firstName: 'A', url: 'javascript:alert(1)' }, ['/content/url scheme']],
    ['event', { title: 'A', start: '2027-05-02', end: '2027-05-01' }, ['/content/end order']],
    ['geo', { latitude: 91, longitude: '1' }, ['/content/latitude too_large', '/content/longitude type']],
    ['app', { ios: 'https://qr.example/x' }, ['/content/ios own_host']],
    ['file', { url: 'data:,x' }, ['/content/url scheme']],
    ['gs1', { gtin: '09506000134353' }, ['/content/gtin check_digit']],
    ['sms', [], ['/content type']],
  ] as [ContentType, AnyContent, string[]][])(
    'of type %s is refused as %j, each fault once',
    (type, content, faults) => {
      expect(found(type, { content }).sort()).toEqual(faults);
    },
  );

  test('of one type is never told the faults of another', () => {
    for (const type of contentTypes) {
      const pointers = found(type, { content: { nonsense: 1 } });
      expect(pointers).toContain('/content/nonsense unknown_property');
    }
    expect(found('phone', { content: {} })).toEqual(['/content/number required']);
  });

  test('may differ by device only where the code can tell devices apart', () => {
    const content = { ios: 'https://a.example/', android: 'https://b.example/' };
    expect(found('app', { content })).toEqual([]);
    expect(found('app', { content }, true)).toEqual(['/content/fallback required']);
  });
});

describe('a static code', () => {
  const fit = (bytes: number, style: QrStyle = {}) =>
    places(fitFaults('text', { content: { text: 'a'.repeat(bytes) } }, style));

  test('holds what fits at its level, M by default', () => {
    for (const [level, most] of [
      ['L', 2953],
      ['M', 2331],
      ['Q', 1663],
      ['H', 1273],
    ] as const) {
      expect(fit(most, { errorCorrection: level })).toEqual([]);
      const fault = level === 'L' ? '/content too_long' : '/style/errorCorrection too_high';
      expect(fit(most + 1, { errorCorrection: level })).toEqual([fault]);
    }
    expect([...fit(2331), ...fit(2332)]).toEqual(['/style/errorCorrection too_high']);
  });

  test('counts what is encoded, not what was written', () => {
    const long = `https://example.com/${'é'.repeat(1_000)}`;
    expect(places(fitFaults('url', { destination: long }, {}))).toEqual(['/destination too_long']);
    expect(fitFaults('url', { destination: long.slice(0, 300) }, {})).toEqual([]);
  });
});
