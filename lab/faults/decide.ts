import { createSeededRandom } from '../seeded-random.js';
import type { Fault } from '../contracts.js';

const defaultDelayInMs = 1000;
const defaultStatus = 503;

/** What one request meets. `wait` first, then `status` if there is one. */
export interface Verdict {
  waitInMs: number;
  status?: number;
}

export interface ActiveFault {
  readonly fault: Fault;
  /** True for the share of requests that the fault hits; each call draws once. */
  hits(): boolean;
}

export const activateFault = (fault: Fault): ActiveFault => {
  const random = createSeededRandom(fault.seed ?? 1);
  const share = fault.share ?? 1;
  return { fault, hits: () => random.next() < share };
};

/** Delays add up; of several status faults that hit, the oldest answers. Every fault draws on every request, so one never shifts another's sequence. */
export const decide = (faults: readonly ActiveFault[]): Verdict => {
  const verdict: Verdict = { waitInMs: 0 };
  for (const active of faults) {
    const { fault } = active;
    if (fault.kind !== 'delay' && fault.kind !== 'status') continue;
    if (!active.hits()) continue;
    if (fault.kind === 'delay') verdict.waitInMs += fault.forMs ?? defaultDelayInMs;
    else verdict.status ??= fault.status ?? defaultStatus;
  }
  return verdict;
};
