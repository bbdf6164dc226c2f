import { createSeededRandom } from '../seeded-random.js';
import type { Fault, FaultAnswer, WireShape } from '../contracts.js';

const defaultDelayInMs = 1000;
const defaultStatus = 503;
const defaultBytesPerSecond = 1000;

/** What one request meets. `wait` first, then `answer` if there is one. */
export interface Verdict {
  waitInMs: number;
  answer?: FaultAnswer;
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

const answerOf = ({ kind, status }: Fault): FaultAnswer | undefined => {
  if (kind === 'status') return { status: status ?? defaultStatus };
  if (kind === 'throttle') return { status: 429 };
  if (kind === 'wrongType') return { status: 200, instead: 'html' };
  if (kind === 'empty') return { status: status ?? 200, instead: 'nothing' };
  return undefined;
};

/** Delays add up; of several faults that answer, the oldest does. Every fault draws on every request, so one never shifts another's sequence. */
export const decide = (faults: readonly ActiveFault[]): Verdict => {
  const verdict: Verdict = { waitInMs: 0 };
  for (const active of faults) {
    const { fault } = active;
    const answer = answerOf(fault);
    if (fault.kind !== 'delay' && answer === undefined) continue;
    if (!active.hits()) continue;
    if (answer === undefined) verdict.waitInMs += fault.forMs ?? defaultDelayInMs;
    else verdict.answer ??= answer;
  }
  return verdict;
};

/** How the answer to one request breaks: the oldest fault that hits decides. */
export const decideDamage = (faults: readonly ActiveFault[]): 'half' | 'reset' | undefined => {
  const breaking = faults.filter(({ fault: { kind } }) => kind === 'half' || kind === 'reset');
  const kind = breaking.filter((active) => active.hits())[0]?.fault.kind;
  return kind === 'half' || kind === 'reset' ? kind : undefined;
};

/** What the faults in force do to a port's bytes. Of several `slow` ones the slowest counts. */
export const decideShape = (faults: readonly ActiveFault[]): WireShape => {
  const of = (kind: Fault['kind']): ActiveFault[] => faults.filter(({ fault }) => fault.kind === kind);
  const [slow, resets] = [of('slow'), of('reset')];
  return {
    ...(of('blackHole').length > 0 && { blackHole: true }),
    ...(slow.length > 0 && {
      bytesPerSecond: Math.min(...slow.map(({ fault }) => fault.bytesPerSecond ?? defaultBytesPerSecond)),
    }),
    ...(resets.length > 0 && { cut: () => resets.filter((active) => active.hits()).length > 0 }),
  };
};
