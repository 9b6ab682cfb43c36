/**
 * What a code holds and may hold: a code of type `url` leads to a destination, every other type has a content of its
 * own shape. A static code holds its payload in the picture itself, so it must fit there and stays as it is for ever.
 */
import { type TObject, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import {
  type ContentOf,
  type ContentType,
  contentSchemas,
  contentTypes,
  payloadBytesMax,
} from '../../events/content.ts';
import type { QrStyle, QrType } from '../../events/qr.ts';
import { contentFaults } from '../content/faults.ts';
import { link } from '../content/links.ts';
import { payload } from '../content/payload.ts';
import type { Fault } from '../problem.ts';
import { faultsOf } from '../schema-faults.ts';
import { destinationFault, type HostRules } from './destination.ts';

/** A content as it comes and as it is stored; its shape depends on the code's type. */
export type AnyContent = Readonly<Record<string, unknown>>;

export interface Holding {
  readonly destination?: string | undefined;
  readonly content?: AnyContent | undefined;
}

export interface HoldingOptions {
  readonly hosts: HostRules;
  readonly static: boolean;
}

/** Everything that is wrong with what a code shall hold. What is absent is not asked for: see `missingFaults`. */
export function holdingFaults(type: QrType, { destination, content }: Holding, options: HoldingOptions): Fault[] {
  const faults: Fault[] = [];
  if (type === 'url') {
    const fault = destination === undefined ? null : destinationFault(destination, '/destination', options.hosts);
    if (fault) faults.push(fault);
    if (content !== undefined) faults.push(stranger('content', 'A code of type url has a destination and no content.'));
    return faults;
  }
  if (destination !== undefined) {
    faults.push(stranger('destination', `A code of type ${type} has content and no destination.`));
  }
  return content === undefined ? faults : [...faults, ...shapeAndRules(type, content, options)];
}

/** What a new code of this type can't do without. */
export function missingFaults(type: QrType, holding: Holding): Fault[] {
  const name = type === 'url' ? 'destination' : 'content';
  if (holding[name] !== undefined) return [];
  return [{ pointer: `/${name}`, code: 'required', detail: `"${name}" is required.` }];
}

/** What is wrong with leading a static code elsewhere. */
export const staticFault = (name: 'destination' | 'content'): Fault => ({
  pointer: `/${name}`,
  code: 'static',
  detail: `This code is static: its ${name} is printed in the picture itself and can not be changed any more.`,
});

/** Bytes that fit into the largest code, by level of error correction (ISO/IEC 18004, table 7). */
const bytesMax = { L: payloadBytesMax, M: 2331, Q: 1663, H: 1273 } as const;

/** Whether what a static code holds fits into one at the level that its style asks for. */
export function fitFaults(type: QrType, { destination, content }: Holding, style: QrStyle): Fault[] {
  const text = type === 'url' ? link(destination!) : payload(type, content as ContentOf<ContentType>);
  const bytes = new TextEncoder().encode(text).length;
  const level = style.errorCorrection ?? 'M';
  if (bytes <= bytesMax[level]) return [];
  const [makes, holds] = [bytes, bytesMax[level]].map(count => count.toLocaleString('en'));
  const detail = `This makes ${makes} bytes, and a code of error-correction level ${level} holds at most ${holds}.`;
  if (bytes > bytesMax.L) return [{ pointer: type === 'url' ? '/destination' : '/content', code: 'too_long', detail }];
  return [{ pointer: '/style/errorCorrection', code: 'too_high', detail: `${detail} A lower level holds more.` }];
}

const stranger = (name: string, detail: string): Fault => ({ pointer: `/${name}`, code: 'not_allowed', detail });

/** The rules look at contents of a wrong shape too; where both find something, the shape is told. */
function shapeAndRules(type: ContentType, content: AnyContent, options: HoldingOptions): Fault[] {
  const shape = shapes[type]!;
  const holder = { content };
  const faults = Value.Check(shape, holder) ? [] : faultsOf(Value.Errors(shape, holder), '/');
  const places = new Set(faults.map(({ pointer }) => pointer));
  return [...faults, ...contentFaults(type, content, options).filter(({ pointer }) => !places.has(pointer))];
}

/** Within an object, so that pointers begin with `/content`. */
const shapes: Readonly<Record<string, TObject>> = Object.fromEntries(
  contentTypes.map(type => [type, Type.Object({ content: contentSchemas[type] })]),
);
