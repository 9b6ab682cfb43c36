/**
 * A story calls routes one after the other; `openapi.test.ts` holds every answer against what the document promises,
 * and wants each operation to be told by some story. All of them are listed in `all.ts`.
 */
import type { Answer, Call, CallOptions } from '../../support/client.ts';

export interface Telling {
  readonly url: string;
  /** The admin key's caller; what it calls is not looked at. */
  readonly call: Call;
  /** What stands in the path, where an operation has a place for it. */
  id: string;
  /** What stands in the path's other place, such as a position. */
  part: string;
  /** Calls an operation such as `GET /v1/qr/{id}`; `tail` is the query. */
  tell(operation: string, tail?: string, options?: CallOptions): Promise<Answer>;
}

export type Story = (story: Telling) => Promise<void>;
