/**
 * What is kept of jobs besides what stands on record: their rows until they are over, and who works on which. How it is
 * kept stands in `store/job-inputs.ts`.
 */
export interface JobInputs {
  readonly keep: (job: string, rows: readonly unknown[]) => Promise<void>;
  readonly from: (job: string, row: number) => Promise<unknown[]>;
  readonly drop: (job: string) => Promise<void>;
  /** Jobs whose rows are kept. */
  readonly kept: () => Promise<string[]>;
  readonly lease: (job: string) => Promise<boolean>;
}
