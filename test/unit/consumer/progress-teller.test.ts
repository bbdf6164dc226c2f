import { describe, expect, it, vi } from 'vitest';
import type { Progress } from '../../../src/consumers-document.js';
import { progressSchema } from '../../../src/consumers-document.js';
import { AppError } from '../../../src/errors.js';
import { createProgressTeller } from '../../../src/consumer/progress-teller.js';

const at = new Date('2026-05-01T10:00:00.000Z');
const aTeller = (tell: (progress: Progress) => Promise<void>, intervalInMs = 60_000) => {
  const errors: unknown[] = [];
  const teller = createProgressTeller({
    tell,
    consumer: 'c',
    process: 'p',
    intervalInMs,
    report: (e) => errors.push(e),
    now: () => at,
  });
  return { teller, errors };
};
const processed = (partitionId: string, sequenceNumber: number) => ({ partitionId, sequenceNumber, enqueuedAt: at });

describe('progress', () => {
  it('is told at once for the first event of each generation, and then gathered', async () => {
    const told: Progress[] = [];
    const { teller } = aTeller(async (progress) => void told.push(progress));
    teller.processed(1, processed('0', 4), at, 0);
    teller.processed(1, processed('0', 9), at, 2);
    teller.processed(2, processed('0', 0), at, 0);
    await teller.flush();
    expect(told.map(({ generation }) => generation)).toEqual([1, 2]);
    teller.processed(1, processed('1', 3), at, 0);
    teller.lag(1, '1', 8);
    await teller.flush();
    expect(told.at(-1)).toMatchObject({
      generation: 1,
      process: 'p',
      duplicates: 2,
      partitions: [{ partitionId: '1', lag: 5 }],
    });
    expect(told.filter(({ first }) => first !== undefined)).toHaveLength(2);
    for (const progress of told) expect(progressSchema.safeParse(progress).success).toBe(true);
    teller.close();
  });

  it('that could not be told is told again, with the first event', async () => {
    const tell = vi
      .fn<(progress: Progress) => Promise<void>>()
      .mockRejectedValueOnce(new TypeError('away'))
      .mockResolvedValue();
    const { teller, errors } = aTeller(tell, 10);
    teller.processed(1, processed('0', 4), at, 0);
    await vi.waitUntil(() => tell.mock.calls.length === 2, { timeout: 5000 });
    expect(errors).toHaveLength(1);
    expect(tell.mock.calls[1]?.[0]).toMatchObject({ first: {}, partitions: [{ sequenceNumber: 4 }] });
    teller.close();
  });

  it('that is refused for good is reported once, and not told again', async () => {
    const refused = new AppError('generationsRefused', 'unknown generation', { retryable: false });
    const tell = vi.fn<(progress: Progress) => Promise<void>>().mockRejectedValue(refused);
    const { teller, errors } = aTeller(tell);
    teller.processed(1, processed('0', 4), at, 0);
    await teller.flush();
    await teller.flush();
    expect(tell).toHaveBeenCalledTimes(1);
    expect(errors).toEqual([refused]);
    teller.close();
  });

  it('of a generation that was read to its end is told again, also by a process that processed nothing of it', async () => {
    const told: Progress[] = [];
    const { teller } = aTeller(async (progress) => void told.push(progress));
    teller.processed(1, processed('0', 4), at, 0);
    teller.lag(1, '0', 4);
    await teller.flush();
    const mark = told.length;
    const nothing = { partitionId: '1', sequenceNumber: -1, enqueuedAt: new Date('0001-01-01T00:00:00Z') };
    teller.drained(1, [processed('0', 4), nothing]);
    teller.drained(2, [processed('0', 7)]);
    await teller.flush();
    expect(told.slice(mark)).toMatchObject([
      {
        generation: 1,
        partitions: [
          { partitionId: '0', sequenceNumber: 4, lag: 0 },
          { partitionId: '1', sequenceNumber: -1, lag: 0 },
        ],
      },
      { generation: 2, partitions: [{ partitionId: '0', sequenceNumber: 7, lag: 0 }] },
    ]);
    for (const progress of told.slice(mark)) {
      expect(progress).not.toHaveProperty('first');
      expect(progressSchema.safeParse(progress).success).toBe(true);
    }
    teller.close();
  });

  it('of more partitions than one body may hold is told in several', async () => {
    const sizes: number[] = [];
    const { teller } = aTeller(async ({ partitions }) => void sizes.push(partitions.length));
    for (let id = 0; id < 70; id += 1) teller.processed(1, processed(String(id), 0), at, 0);
    await teller.flush();
    await teller.flush();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(70);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
    teller.close();
  });
});
