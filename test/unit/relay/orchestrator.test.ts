import { OrchestrationRuntimeStatus, type OrchestrationContext } from 'durable-functions';
import { describe, expect, it } from 'vitest';
import { startOnce } from '../../../src/azure/start-once.js';
import { keepSlots, relayOrchestrator } from '../../../src/functions/relay-slices.js';
import type { SliceReport } from '../../../src/relay/slice.js';

const report = (outcome: SliceReport['outcome']): SliceReport => ({
  outcome,
  againInMs: outcome === 'served' ? 0 : 20_000,
  started: true,
  forwarded: 1,
  parked: 0,
});

/** Plays one round of the orchestration; `answer` is what its activity returns, or throws. */
const play = (answer: SliceReport | Error) => {
  const did: unknown[] = [];
  const context = {
    df: {
      getInput: () => 1,
      currentUtcDateTime: new Date('2026-01-01T00:00:00Z'),
      callActivity: (name: string, input: unknown) => ({ name, input }),
      createTimer: (at: Date) => ({ timer: at.toISOString() }),
      continueAsNew: (input: unknown) => void did.push({ again: input }),
      setCustomStatus: (status: unknown) => void did.push({ status }),
    },
  } as unknown as OrchestrationContext;
  const steps = relayOrchestrator(context);
  did.push(steps.next().value);
  let step = answer instanceof Error ? steps.throw(answer) : steps.next(answer);
  while (!step.done) {
    did.push(step.value);
    step = steps.next(undefined);
  }
  return did;
};

const slice = { name: 'relaySlice', input: 1 };
const again = { timer: '2026-01-01T00:00:20.000Z' };
const retry = { timer: '2026-01-01T00:00:30.000Z' };

describe('the orchestration of a slot', () => {
  it('begins the next slice as soon as one ends', () => {
    const served = report('served');
    expect(play(served)).toEqual([slice, { status: served }, { again: 1 }]);
  });

  it.each(['taken', 'lost'] as const)('waits a while after a slice that was %s', (outcome) => {
    expect(play(report(outcome))).toEqual([slice, { status: report(outcome) }, again, { again: 1 }]);
  });

  it('waits a while after a slice that failed, or answered nonsense', () => {
    const failed = [slice, { status: { outcome: 'failed' } }, retry, { again: 1 }];
    expect(play(new Error('Activity function failed'))).toEqual(failed);
    expect(play('' as unknown as SliceReport)).toEqual(failed);
  });

  it('ends when its slot is no more', () => {
    expect(play(report('retired'))).toEqual([slice, { status: report('retired') }]);
  });
});

describe('the keeper', () => {
  const aClient = (statuses: Record<string, OrchestrationRuntimeStatus | Error>) => {
    const started: unknown[] = [];
    const client = {
      getStatus: async (id: string) => {
        const status = statuses[id];
        if (status instanceof Error) throw status;
        if (!status)
          throw new Error('DurableClient error: Durable Functions extension replied with HTTP 404 response.');
        return { runtimeStatus: status };
      },
      startNew: async (name: string, options: unknown) => {
        started.push([name, options]);
        return 'id';
      },
    } as unknown as Parameters<typeof startOnce>[0];
    return { keep: (slots: number) => keepSlots(startOnce.bind(undefined, client), slots), started };
  };
  const start = (slot: number) => ['relayOrchestrator', { instanceId: `relay-${slot}`, input: slot }];

  it('starts the slots that do not run, and no other', async () => {
    const { Running, Failed, Pending } = OrchestrationRuntimeStatus;
    const { keep, started } = aClient({ 'relay-0': Running, 'relay-1': Failed, 'relay-3': Pending });
    await keep(4);
    expect(started).toEqual([start(1), start(2)]);
  });

  it('starts nothing when it cannot tell', async () => {
    const { keep, started } = aClient({ 'relay-0': new Error('HTTP 500') });
    await expect(keep(1)).rejects.toThrow('500');
    expect(started).toEqual([]);
  });
});
