import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/settings.js';
import { least, problemOf } from './settings-support.js';

describe('FEATURES', () => {
  it.each([
    ['sync', ['sync']],
    [' Routing , SYNC,', ['routing', 'sync']],
    ['sync,sync', ['sync']],
  ])('reads "%s", whatever its case, blanks and repetitions', (FEATURES, expected) => {
    expect([...loadSettings({ ...least, FEATURES }).features]).toEqual(expected);
  });

  it.each(['sync,fail-over', ',', 'none'])('refuses "%s" without showing it', (FEATURES) => {
    const { message } = problemOf({ FEATURES });
    expect(message).toContain('FEATURES: must be a comma list of sync, routing, failover, relay');
    expect(message).not.toContain('fail-over');
  });
});
