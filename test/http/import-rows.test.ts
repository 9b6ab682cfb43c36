import { describe, expect, test } from 'bun:test';
import { columnsFrom, rowsFrom } from '../../src/http/import-rows.ts';
import { faultsOf, problemOf } from '../support/problem-of.ts';

const csv = (text: string, columns?: object) => rowsFrom(text, 'csv', columnsFrom(columns && JSON.stringify(columns)));
const lines = (text: string, columns?: object) =>
  rowsFrom(text, 'ndjson', columnsFrom(columns && JSON.stringify(columns)));

describe('rows of CSV', () => {
  test('have fields by the names of columns, and what is no field is left out and told', () => {
    const text =
      '\uFEFFdestination,label,Remark\r\nhttps://a.example/,"A ""quoted"", label",x\r\n\r\nhttps://b.example/,,y\r\n';
    expect(csv(text)).toEqual({
      rows: [{ destination: 'https://a.example/', label: 'A "quoted", label' }, { destination: 'https://b.example/' }],
      ignored: ['Remark'],
    });
  });

  test('have fields by a mapping where columns have other names', () => {
    const columns = { destination: 'Target URL', label: 'label 2' };
    expect(csv('Target URL;label;label 2\nhttps://a.example/;L;M\n', columns)).toEqual({
      rows: [{ destination: 'https://a.example/', label: 'M' }],
      ignored: ['label'],
    });
  });

  test('say lists, truths, numbers and objects as text', () => {
    const text = 'type,content.ssid,content.hidden,static,tags\nwifi,Guests,TRUE,false,"a; b|c,"\n';
    expect(csv(text).rows).toEqual([
      { type: 'wifi', content: { ssid: 'Guests', hidden: true }, static: false, tags: ['a', 'b', 'c'] },
    ]);
    const geo = 'type,content.latitude,content.longitude,label\ngeo,52.5,-13,007\n';
    expect(csv(geo).rows).toEqual([{ type: 'geo', content: { latitude: 52.5, longitude: -13 }, label: '007' }]);
  });

  test('turn text into what the schema of a code says, and keep the blanks of what a code holds', () => {
    const text =
      'type,content.ssid,content.password,label,domain,style.quietZone,style.logo.knockout,style.dotGradient.rotation\n' +
      'wifi," A ","pass word ", Lobby ,go.example.com, 4 ,False,45.5\nwifi,B,,,,four,perhaps,\n';
    expect(csv(text).rows).toEqual([
      {
        ...{ type: 'wifi', content: { ssid: ' A ', password: 'pass word ' }, label: 'Lobby', domain: 'go.example.com' },
        style: { quietZone: 4, logo: { knockout: false }, dotGradient: { rotation: 45.5 } },
      },
      { type: 'wifi', content: { ssid: 'B' }, style: { quietZone: 'four', logo: { knockout: 'perhaps' } } },
    ]);
  });

  test('reach no object but their own, whatever columns are called', () => {
    const names = ['content.constructor.prototype.polluted', 'content.toString.polluted', 'style.valueOf.polluted'];
    for (const columns of [undefined, Object.fromEntries(names.map(name => [name, name]))]) {
      const [row] = csv(`destination,${names.join(',')}\nhttps://a.example/,x,y,z\n`, columns).rows as object[];
      expect(JSON.parse(JSON.stringify(row))).toEqual({
        destination: 'https://a.example/',
        content: { constructor: { prototype: { polluted: 'x' } }, toString: { polluted: 'y' } },
        style: { valueOf: { polluted: 'z' } },
      });
      expect(['polluted' in {}, 'polluted' in Object, 'polluted' in Object.prototype.toString]).toEqual([
        ...[false, false, false],
      ]);
    }
  });

  test('with a column for an object and others for what is in it are refused', async () => {
    for (const text of [
      'destination,style.frame,style.frame.text\nhttps://a.example/,x,y\n',
      'content.text.x,content.text\na,b\n',
    ]) {
      expect(faultsOf(await problemOf(() => csv(text)))).toEqual([' duplicate']);
    }
    expect(csv('content.te,content.text\na,b\n').rows).toEqual([{ content: { te: 'a', text: 'b' } }]);
  });

  test('of more columns than anybody has fields are refused, and as many as there may be are looked at in one go', async () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_, n) => `content.${'abcdefghij'.at(n % 10)}${'x'.repeat(n / 10)}`);
    const unused = Array.from({ length: 499 }, (_, n) => `Remark ${n}`);
    expect(csv(`destination,${unused.join(',')}\nhttps://a.example/\n`).ignored).toHaveLength(499);
    expect(faultsOf(await problemOf(() => csv(`${names(501).join(',')}\na\n`)))).toEqual([' too_many']);
    expect(faultsOf(await problemOf(() => csv(`destination\nhttps://a.example/\nx${','.repeat(500)}\n`)))).toEqual([
      '/1 too_many',
    ]);
  });

  test('may give one column to two fields', () => {
    expect(csv('url\nhttps://a.example/\n', { destination: 'url', label: 'url' }).rows).toEqual([
      { destination: 'https://a.example/', label: 'https://a.example/' },
    ]);
    expect(lines('{"url":"https://a.example/"}\n', { destination: 'url', label: 'url' }).rows).toEqual([
      { destination: 'https://a.example/', label: 'https://a.example/' },
    ]);
  });

  test('that are longer than the row of names keep what is beyond, for whoever judges them', () => {
    const text = 'destination,label\nhttps://a.example/,Smith, John\nhttps://b.example/,B,,\nhttps://c.example/\n';
    expect(csv(text)).toEqual({
      rows: [
        { destination: 'https://a.example/', label: 'Smith', 'cell 3': 'John' },
        { destination: 'https://b.example/', label: 'B' },
        { destination: 'https://c.example/' },
      ],
      ignored: [],
    });
  });

  test('whose columns have one name twice are refused, but for those without any', async () => {
    expect(csv('destination,label,, \nhttps://a.example/,A,,\nhttps://b.example/,B,x,y\n')).toEqual({
      rows: [
        { destination: 'https://a.example/', label: 'A' },
        { destination: 'https://b.example/', label: 'B' },
      ],
      ignored: [],
    });
    const text = 'destination,label,label\nhttps://a.example/,A,B\n';
    expect(faultsOf(await problemOf(() => csv(text)))).toEqual([' duplicate']);
  });

  test('that end within a quote, or are none, are refused', async () => {
    const second = 'destination,label\nhttps://a.example/,A\nhttps://b.example/,"B\n';
    expect(new Set(faultsOf(await problemOf(() => csv(second))))).toEqual(new Set(['/1 format']));
    for (const text of ['', 'destination\n', 'destination\n\n']) {
      expect(faultsOf(await problemOf(() => csv(text)))).toEqual([' too_few']);
    }
  });
});

describe('rows of NDJSON', () => {
  test('are as they are, with what a mapping names renamed', () => {
    const text = '{"url":"https://a.example/","tags":["a"],"x":1}\n\n[1]\n"text"\n';
    expect(lines(text, { destination: 'url' }).rows).toEqual([
      { destination: 'https://a.example/', tags: ['a'], x: 1 },
      [1],
      'text',
    ]);
  });

  test('that are not JSON are told by their line', async () => {
    expect(faultsOf(await problemOf(() => lines('{}\n\n{"a":\n{}\nb\n')))).toEqual(['/1 format', '/3 format']);
  });
});

test('a mapping is of fields that there are to columns that there are', async () => {
  const places = async (columns: string) =>
    faultsOf(await problemOf(() => rowsFrom('a\n1\n', 'csv', columnsFrom(columns))));
  expect(await places('nothing')).toEqual(['?columns format']);
  expect(await places('{"colour":"a","label":5}')).toEqual(['?columns unknown_property', '?columns type']);
  expect(await places('{"label":"b"}')).toEqual(['?columns unknown']);
});

test('more rows than an import may have are refused', async () => {
  const text = `destination\n${'x\n'.repeat(100_001)}`;
  expect(faultsOf(await problemOf(() => csv(text)))).toEqual([' too_many']);
});
