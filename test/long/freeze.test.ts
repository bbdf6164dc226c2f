import { describe, expect, it } from 'vitest';
import { freezeOne } from '../integration/support/freeze.js';

describe('an instance that is frozen for a minute', () => {
  it('writes nothing of what it held, and both hubs are equal', async () => {
    const { stale, parked } = await freezeOne({ devices: 60, rounds: 20, forMs: 60_000 });
    expect({ stale, parked }).toEqual({ stale: [], parked: 0 });
  });
});
