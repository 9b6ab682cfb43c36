/**
 * A PDF that is being written, page by page: pdfkit, made fit for print and for caching. Pages have exact boxes; the
 * same pages give the same bytes, because no clock gets in and the file's id is a digest of what it holds; what is
 * written can be taken out at any time, so a long file needs the memory of one page. Colours, shadings and pictures
 * are written as our own objects: pdfkit takes a spot colour called Gold for a screen colour, bends quadratic curves
 * wrongly, stretches gradients that don't end at 1, and writes titles unescaped into XML.
 */
import { createHash } from 'node:crypto';
import PDFDocument from 'pdfkit';
import { decimal } from './path.ts';

export const pointsPerMm = 72 / 25.4;

/** The rectangles of ISO 32000, 14.11.2, inside each other, in mm: the paper, the bleed, and what is left when cut. */
export interface PageBoxes {
  readonly trimWidth: number;
  readonly trimHeight: number;
  /** On each side. */
  readonly bleed: number;
  /** From the trim to the paper's edge on each side; at least the bleed. */
  readonly margin: number;
}

type Reference = PDFKit.PDFKitReference;

/** What pdfkit 0.20 has and its types don't tell; the version is pinned, and the tests read the bytes. */
interface Internals {
  _id: Uint8Array;
  _write(data: string | Uint8Array): void;
  _finalize(): void;
  endMetadata(): void;
  page: PDFKit.PDFPage & { colorSpaces: Record<string, unknown> };
}
type Used =
  | 'info'
  | 'addPage'
  | 'addContent'
  | 'ref'
  | 'registerFont'
  | 'font'
  | 'text'
  | 'widthOfString'
  | 'end'
  | 'read';
const Base = PDFDocument as unknown as new (
  options: PDFKit.PDFDocumentOptions,
) => Pick<PDFKit.PDFDocument, Used> & Internals;

export class PrintFile extends Base {
  readonly #digest = createHash('sha256');
  #names = 0;
  /** Objects that several pages share, by what they are. */
  readonly #shared = new Map<unknown, { name: string; reference: Reference }>();

  constructor(title = '') {
    // Transparency needs 1.4. The constructor of pdfkit wants a date and names itself; whose picture it is says the title.
    const info = { CreationDate: new Date(0) };
    super({ autoFirstPage: false, font: '', pdfVersion: '1.4', fontLayoutCache: false, info });
    for (const name of ['CreationDate', 'Producer', 'Creator'] as const) delete this.info[name];
    if (title !== '') this.info.Title = title;
  }

  /** Begins a page; points are measured from the top left of the paper. */
  begin({ trimWidth, trimHeight, bleed, margin }: PageBoxes): this {
    const [width, height] = [trimWidth, trimHeight].map(side => (side + 2 * margin) * pointsPerMm) as [number, number];
    const inset = (mm: number): number[] => {
      const points = mm * pointsPerMm;
      return [points, points, width - points, height - points];
    };
    this.addPage({ size: [width, height], margin: 0 });
    const data = this.page.dictionary.data as Record<string, unknown>;
    delete data['UserUnit']; // of 1.6, and 1 anyway
    Object.assign(data, { TrimBox: inset(margin), BleedBox: inset(margin - bleed) });
    return this;
  }

  /** Makes an object known to the present page under a name. */
  use(kind: 'colorSpaces' | 'patterns' | 'xobjects', reference: Reference): string {
    const name = `N${++this.#names}`;
    (this.page[kind] as Record<string, unknown>)[name] = reference;
    return name;
  }

  /** The same for an object that is written once and used on many pages; `key` says which. */
  shared(kind: 'colorSpaces' | 'xobjects', key: unknown, make: () => Reference): string {
    let entry = this.#shared.get(key);
    if (entry === undefined) {
      entry = { name: `S${this.#shared.size + 1}`, reference: make() };
      this.#shared.set(key, entry);
    }
    (this.page[kind] as Record<string, unknown>)[entry.name] = entry.reference;
    return entry.name;
  }

  /** Writes an object: a dictionary, an array, or a stream with its dictionary. */
  object(data: object, stream?: Uint8Array): Reference {
    const reference = this.ref(data);
    reference.end(stream);
    return reference;
  }

  /** Straight lines in registration colour, which is on every plate; each is x, y, x, y in points. */
  registrationLines(lines: readonly (readonly [number, number, number, number])[]): void {
    const all = () => this.object(separation('All', [100, 100, 100, 100]));
    const space = this.shared('colorSpaces', 'registration', all);
    const strokes = lines.map(
      ([x, y, toX, toY]) => `${[x, y].map(decimal).join(' ')} m ${decimal(toX)} ${decimal(toY)} l`,
    );
    this.addContent(`q /${space} CS 1 SCN 0.25 w\n${strokes.join('\n')}\nS Q`);
  }

  /** What was written since it was last asked, to the last byte; read() alone gives one piece on Bun, all on Node. */
  written(): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (let piece = this.read(); piece !== null; piece = this.read()) pieces.push(piece as Uint8Array);
    return Buffer.concat(pieces);
  }

  /** No XMP packet: what it would say stands in the info dictionary, and there it is escaped. */
  override endMetadata(): void {}

  override _write(data: string | Uint8Array): void {
    if (#digest in this) this.#digest.update(data);
    super._write(data);
  }

  override _finalize(): void {
    this._id = this.#digest.copy().digest().subarray(0, 16);
    super._finalize();
  }
}

/** An ink as a colour space: its name for those who have it, its mixture in CMYK for those who don't. */
export function separation(name: string, cmyk: readonly number[]): object {
  const inks = { FunctionType: 2, Domain: [0, 1], N: 1, C0: [0, 0, 0, 0], C1: cmyk.map(percent => percent / 100) };
  return ['Separation', pdfName(name), 'DeviceCMYK', inks];
}

/** ISO 32000, 7.3.5: bytes of UTF-8, of which all that are not plain are written in hex. */
const pdfName = (name: string): string =>
  Array.from(new TextEncoder().encode(name), byte =>
    /[\w.-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `#${byte.toString(16).padStart(2, '0')}`,
  ).join('');
